"""Reads flows where they will run: in the image, with its Python, its packages and its working directory.

The action appends the call of main() and sends all to `python -`. Per entrypoint one line goes to the original
standard output: a nonce that flow code cannot know, and JSON. Whatever flow code prints goes to standard error.
"""

import contextlib
import json
import os
import sys
import traceback

TRACEBACK_LINES = 8


def main(request):
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def emit(record):
        out.write(request["nonce"] + " " + json.dumps(record, allow_nan=False) + "\n")
        out.flush()

    os.chdir(request["workingDirectory"])
    for entrypoint in request["entrypoints"]:
        with isolated():
            emit(dict(read_flow(entrypoint), entrypoint=entrypoint))
    os._exit(0)  # threads that flow code started, or Prefect's own at exit, must not keep the container


def read_flow(entrypoint):
    """The flow as `prefect deploy` would send it, or why it cannot be had."""
    try:
        flow, failure = load(entrypoint)
        if flow is None:
            return failure
        record = dict(describe(flow), loaded="import" if failure is None else "safe", failure=failure)
        json.dumps(record, allow_nan=False)  # a default of NaN is this flow's error, not the whole container's
        return record
    except BaseException as error:  # flow code may raise anything, SystemExit included
        return failure_of("import-error", error)


def load(entrypoint):
    """The flow and None, the flow as read without importing its file and why, or None and why."""
    from prefect.exceptions import MissingFlowError
    from prefect.flows import load_flow_from_entrypoint

    path = entrypoint.rsplit(":", 1)[0] if ".py:" in entrypoint else None
    if path is not None and not os.path.isfile(path):
        return None, {"kind": "missing-file", "traceback": "There is no file %s in %s" % (path, os.getcwd()), "place": None}
    try:
        return load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False), None
    except MissingFlowError as error:
        if is_missing_function(error):
            return None, failure_of("missing-function", error, chain=False)
        failure = failure_of("import-error", error.__cause__)
    except ModuleNotFoundError as error:
        if path is None and is_module_of(entrypoint, error.name):
            return None, failure_of("missing-file", error, chain=False)
        failure = failure_of("import-error", error)
    except BaseException as error:
        failure = failure_of("import-error", getattr(error, "user_exc", None) or error)
    flow = load_safely(entrypoint)
    return flow, failure


def load_safely(entrypoint):
    """Prefect's own loader, which evaluates definitions one by one and passes over what fails."""
    from prefect.flows import Flow, safe_load_flow_from_entrypoint

    try:
        flow = safe_load_flow_from_entrypoint(entrypoint)
    except BaseException:  # the import's error says more
        return None
    return flow if isinstance(flow, Flow) else None


def describe(flow):
    from prefect.utilities.callables import parameter_schema

    return {
        "name": flow.name,
        "description": flow.description,
        "version": flow.version,
        "parameterSchema": parameter_schema(flow).model_dump(mode="json", exclude_unset=True),
    }


def is_missing_function(error):
    """Prefect calls every AttributeError a missing flow, one that a module raises while it is imported too."""
    cause = error.__cause__
    if cause is None:
        return True  # the function is there, without @flow
    frames = traceback.extract_tb(cause.__traceback__)
    return os.path.basename(frames[-1].filename) == "importtools.py"


def is_module_of(entrypoint, name):
    module = entrypoint.rsplit(":" if ":" in entrypoint else ".", 1)[0]
    return name is not None and (module + ".").startswith(name + ".")


def failure_of(kind, error, chain=True):
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__ if chain else None, chain=chain))
    lines = [line for line in text.strip().splitlines() if "<frozen importlib" not in line]
    return {"kind": kind, "traceback": "\n".join(lines[-TRACEBACK_LINES:]), "place": place_of(error)}


def place_of(error):
    """Where the user's own code raised it, the file relative to the working directory; None when it did not."""
    if isinstance(error, SyntaxError) and is_source(error.filename):
        return {"file": os.path.relpath(error.filename), "line": error.lineno}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_source(frame.filename)]
    return {"file": os.path.relpath(frames[-1].filename), "line": frames[-1].lineno} if frames else None


def is_source(file):
    folder = os.path.join(os.getcwd(), "")
    is_own = file is not None and os.path.abspath(file).startswith(folder) and "site-packages" not in file
    return is_own and os.path.isfile(file)  # and not <frozen os>


@contextlib.contextmanager
def isolated():
    """Undoes what importing one flow leaves behind: two folders may each have a helpers.py of their own."""
    directory, path, environment, modules = os.getcwd(), list(sys.path), dict(os.environ), set(sys.modules)
    try:
        yield
    finally:
        os.chdir(directory)
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(environment)
        for name in set(sys.modules) - modules:
            if is_own(sys.modules[name], directory):
                del sys.modules[name]


def is_own(module, directory):
    """Whether a module is the user's code and not an installed package, which costs time to import again."""
    places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", [])]
    folder = os.path.join(directory, "")
    return any(place.startswith(folder) and "site-packages" not in place for place in places)

"""The real `prefect` command line, imported once: a line of JSON asks for a run, which a forked child makes.

Asked: {"arguments": [...], "directory": "...", "environment": {...}}; answered: {"exitCode": 0, "output": "..."}.
The build and push steps of prefect-docker, which the sandbox does not have, only say what they would have made.
"""

import json
import os
import sys
import tempfile
import types

import prefect.cli.deploy._commands
import prefect.client.orchestration
import prefect.context
import prefect.deployments.runner
import prefect.deployments.steps
import prefect.flows
from prefect.cli import app


def docker_steps(image: str) -> types.ModuleType:
    def step(**inputs):
        name, tag = image.rsplit(":", 1)
        return {"image_name": name, "tag": tag, "image": image, "additional_tags": inputs.get("additional_tags")}

    module = types.ModuleType("prefect_docker.deployments.steps")
    module.build_docker_image = step
    module.push_docker_image = step
    return module


def run(request: dict) -> None:
    os.chdir(request["directory"])
    os.environ.update(request["environment"])
    steps = docker_steps(request["environment"].get("PARITY_IMAGE", "flows:latest"))
    sys.modules["prefect_docker"] = types.ModuleType("prefect_docker")
    sys.modules["prefect_docker.deployments"] = types.ModuleType("prefect_docker.deployments")
    sys.modules["prefect_docker.deployments.steps"] = steps
    prefect.context.refresh_global_settings_context()
    sys.argv = ["prefect", *request["arguments"]]
    sys.path.insert(0, request["directory"])
    app()


def child(request: dict, output: int) -> None:
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code = 0
    try:
        run(request)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


for line in iter(sys.stdin.readline, ""):
    request = json.loads(line)
    with tempfile.TemporaryFile() as output:
        process = os.fork()
        if process == 0:
            child(request, output.fileno())
        _, status = os.waitpid(process, 0)
        output.seek(0)
        text = output.read().decode(errors="replace")
    print(json.dumps({"exitCode": os.waitstatus_to_exitcode(status), "output": text}), flush=True)

"""Records what Prefect makes of placeholders, stage by stage: python record-templating.py > templating.json (prefect 3.8.8)."""

import asyncio
import json
import os
from types import SimpleNamespace

from prefect.utilities.annotations import NotSet
from prefect.utilities.templating import apply_values, resolve_block_document_references, resolve_variables

ENVIRONMENT = {"STAGE": "test", "API_TOKEN": "abc-secret", "EMPTY": "", "NUMBER": "5", "TAGGED": "v-{{ tag }}", "A.B": "dotted"}
VARIABLES = {"stage": "prod", "count": 3, "ratio": 0.5, "on": True, "off": False, "nothing": None, "list": [1, "two", {"x": None}],
             "map": {"low": 1}, "text_of_env": "is {{ $STAGE }}", "text_of_image": "{{ image }}", "self": "{{ prefect.variables.stage }}", "empty": ""}
BLOCKS = {("secret", "token"): {"value": "hunter2"}, ("json", "config"): {"value": {"url": "https://x", "ports": [1, 2], "deep": {"a-b": "c"}}},
          ("aws-credentials", "main"): {"aws_access_key_id": "AKIA", "region": None, "ok": True}, ("odd", "odd"): {"values": "v", "value": {"values": "inner"}},
          ("string", "of_variable"): {"value": "{{ prefect.variables.stage }}-{{ $STAGE }}"}, ("secret", "nested"): {"value": {"password": "p", "n": "m"}}}
IMAGE = {"image": "repo@sha256:1", "image_name": "repo", "tag": "abc123"}
OUTPUTS = {"build-image": IMAGE, "push-image": IMAGE, "img": IMAGE, "sh": {"stdout": "out", "stderr": "err"}, "stdout": "out", "stderr": "err",
           "code": {"bucket": "b", "folder": "f"}, "bucket": "b", "folder": "f", **IMAGE}

CASES = [
    "plain", "", " ", 5, 1.5, True, None, [], {}, "{{ }}", "{{}}", "{ { image } }", "{{ image", "image }}", "{{ a b }}", "{{ x | y }}", "{{ 'x' }}", "{{ x() }}",
    "{{ image }}", "{{image}}", "{{  image  }}", "{{\timage\n}}", " {{ image }}", "{{ image }} ", "{{ image }}{{ tag }}", "{{{ image }}}", "{{ {{ image }} }}",
    "{{ build-image.image }}", "{{ push-image.tag }}", "{{ img.image_name }}:{{ img.tag }}", "{{ img }}", "{{ image.x }}", "{{ img[image] }}", "{{ img.[tag] }}",
    "{{ sh.stdout }}", "{{ stdout }}", "{{ stderr }}-{{ sh.stderr }}", "{{ sh }}", "s3://{{ code.bucket }}/{{ folder }}",
    "{{ missing }}", "x{{ missing }}y", "{{ missing.deep[0] }}", "{{ IMAGE }}", "{{ $image }}", "{{ build_image.image }}",
    "{{ $STAGE }}", "{{$STAGE}}", "{{ $$STAGE }}", "a-{{ $STAGE }}-{{ $STAGE }}", "{{ $EMPTY }}", "{{ $NUMBER }}", "{{ $MISSING }}", "a{{ $MISSING }}b", "{{ $TAGGED }}",
    "{{ STAGE }}", "x{{ STAGE }}", "{{ NUMBER }}", "{{ A.B }}", "{{ $API_TOKEN }}", "Bearer {{ $API_TOKEN }}", "$STAGE", "${STAGE}", "${{ STAGE }}",
    "{{ prefect.variables.stage }}", "{{ prefect.variables.count }}", "{{ prefect.variables.ratio }}", "{{ prefect.variables.on }}", "{{ prefect.variables.off }}",
    "{{ prefect.variables.nothing }}", "{{ prefect.variables.list }}", "{{ prefect.variables.map }}", "{{ prefect.variables.empty }}", "{{ prefect.variables.missing }}",
    "n={{ prefect.variables.count }}", "r={{ prefect.variables.ratio }}", "b={{ prefect.variables.on }}", "b={{ prefect.variables.nothing }}", "m={{ prefect.variables.missing }};",
    "{{ prefect.variables.stage }}{{ prefect.variables.stage }}", "l={{ prefect.variables.list }}", "{{ prefect.variables.text_of_env }}", "{{ prefect.variables.text_of_image }}",
    "x {{ prefect.variables.text_of_image }}", "{{ prefect.variables.self }}", "{{ prefect.variables.map.low }}", "{{ prefect.variables }}",
    "{{ prefect.blocks.secret.token }}", "Bearer {{ prefect.blocks.secret.token }}", "{{ prefect.blocks.secret.token.value }}", "{{ prefect.blocks.json.config }}",
    "{{ prefect.blocks.json.config.url }}", "{{ prefect.blocks.json.config.value.url }}", "{{ prefect.blocks.json.config.ports[1] }}", "{{ prefect.blocks.json.config.ports.0 }}",
    "{{ prefect.blocks.json.config.deep.a-b }}", "p={{ prefect.blocks.json.config.ports[0] }}", "{{ prefect.blocks.json.config.nope }}", "x {{ prefect.blocks.json.config }}",
    "{{ prefect.blocks.aws-credentials.main }}", "{{ prefect.blocks.aws-credentials.main.region }}", "{{ prefect.blocks.odd.odd.values }}", "{{ prefect.blocks.odd.odd.value.values }}",
    "{{ prefect.blocks.secret.missing }}", "{{ prefect.blocks.secret }}", "{{ prefect.blocks.string.of_variable }}", "{{ prefect.blocks.secret.nested.password }}",
    "{{ ctx.flow_run.name }}", "run-{{ ctx.flow_run.name }}-{{ tag }}", "{{ ctx.a }}{{ missing }}", "{{ event.id }}", "e-{{ event.id }}-{{ tag }}", "{{ event.payload.x }} {{ $STAGE }}",
    {"{{ tag }}": "{{ tag }}", "keep": 1}, {"a": "{{ missing }}", "b": {"c": "{{ missing }}"}, "d": "{{ tag }}"}, ["{{ stdout }}", "x"], ["{{ missing }}", "x"],
    ["v-{{ tag }}", "{{ prefect.variables.stage }}", "{{ $STAGE }}"], [["{{ $MISSING }}"], {"a": ["{{ prefect.variables.missing }}"]}],
]


class Client:
    async def read_variable_by_name(self, name):
        return SimpleNamespace(value=VARIABLES[name]) if name in VARIABLES else None

    async def read_block_document_by_name(self, name, block_type_slug):
        return SimpleNamespace(data=BLOCKS[block_type_slug, name])


def blocks(value):
    return asyncio.run(resolve_block_document_references.__wrapped__(value, client=Client()))


def variables(value):
    return asyncio.run(resolve_variables.__wrapped__(value, client=Client()))


def first(value):
    """The pass over a whole deployment, before its steps (_core.py)."""
    return apply_values(variables(blocks(value)), os.environ, remove_notset=False)


STAGES = {
    "here": lambda value: apply_values(first(value), OUTPUTS, warn_on_notset=False, skip_prefixes=["ctx."]),
    "deploy": lambda value: apply_values(first(value), OUTPUTS),
    "step": lambda value: apply_values(variables(blocks(apply_values(value, OUTPUTS))), os.environ),
    "event": first,
    "job": lambda value: apply_values(first(value), OUTPUTS, skip_prefixes=["ctx."]),
    "run": lambda value: apply_values(value, OUTPUTS, remove_notset=False),
}


def record(stage, value):
    try:
        result = STAGES[stage]({"it": value})
    except (ValueError, KeyError) as error:
        return {"error": type(error).__name__}
    return result if result is not NotSet else {}


os.environ.clear()
os.environ.update(ENVIRONMENT)
print(json.dumps({
    "environment": ENVIRONMENT, "variables": VARIABLES, "blocks": [[*key, value] for key, value in BLOCKS.items()],
    "cases": [{"value": case, **{stage: record(stage, case) for stage in STAGES}} for case in CASES],
}))

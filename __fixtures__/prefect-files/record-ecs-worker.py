"""Records what the ECS worker makes of settings: python record-ecs-worker.py > ecs-worker.json (prefect-aws 0.7.12).

Every case is `[settings, job variables, task definition]`; settings are the pool's defaults by variable, and by dotted
path what its job configuration says outright.
"""

import asyncio
import copy
import json
import os
import uuid

os.environ["PREFECT_API_KEY"] = "pnu_worker"
os.environ["PREFECT_API_URL"] = "http://127.0.0.1:9/api"

from prefect.client.schemas.objects import FlowRun  # noqa: E402
from prefect_aws.workers.ecs_worker import ECSWorker  # noqa: E402

TEMPLATE = ECSWorker.get_default_base_job_template()
for variable in TEMPLATE["variables"]["properties"].values():
    for word in ("title", "description"):
        variable.pop(word, None)

KEY = "prefect_api_key_secret_arn"
ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:key"
TD = {"task_definition_arn": "arn:aws:ecs:eu-central-1:123456789012:task-definition/flows:7"}
NET = {"network_configuration": {"subnets": ["subnet-1"]}}
LOGS = {"configure_cloudwatch_logs": True}
ROLE = {"execution_role_arn": "arn:aws:iam::123456789012:role/x"}
CAPACITY = {"capacity_provider_strategy": [{"capacityProvider": "x", "weight": 1}]}
EC2 = {"requiresCompatibilities": ["EC2"]}
CONTAINERS = "task_definition.containerDefinitions"


def made(*names, secrets=(), environment=(), **fields):
    containers = [{"name": name, "image": "flows"} for name in names or ("prefect",)]
    for each in (containers[0], containers[-1]):
        each.update({"secrets": [{"name": name, "valueFrom": ARN} for name in secrets]} if secrets else {})
        each.update({"environment": [{"name": name, "value": "x"} for name in environment]} if environment else {})
    return {"family": "flows", "networkMode": "awsvpc", "containerDefinitions": containers, **fields}


CASES = [
    [{}, {}, None],
    [{}, NET, None], [NET, {}, None], [NET, {"vpc_id": "vpc-1"}, None], [{}, {**NET, **TD}, made()], [NET, {"network_configuration": {}}, None],
    [{"network_configuration": {"subnets": []}}, {}, None], [{"network_configuration:": {"subnets": ["s"]}}, {}, None],
    [{}, LOGS, None], [{}, {**LOGS, **ROLE}, None], [LOGS, {**ROLE}, None], [LOGS, {"configure_cloudwatch_logs": None}, None],
    [{}, {**LOGS, **TD}, made()], [{}, {**LOGS, **TD, **ROLE}, made()], [LOGS, TD, made(executionRoleArn="role")],
    [{"task_definition.executionRoleArn:": "role"}, LOGS, None], [{"task_definition.executionRoleArn:": ""}, {**LOGS, **ROLE}, None],
    [{"configure_cloudwatch_logs:": True}, {}, None], [{"configure_cloudwatch_logs:": False}, LOGS, None],
    [{}, {"cloudwatch_logs_options": {"mode": "non-blocking"}}, None], [LOGS, {"cloudwatch_logs_options": {"a": "b"}, **ROLE}, None],
    [{}, {"cloudwatch_logs_options": {"a": "b"}, **TD}, made()], [{"cloudwatch_logs_options": {"a": "b"}}, {}, None],
    *([pool, {**own, **TD}, made(**fields)] for fields in (
        {}, EC2, {"requiresCompatibilities": ["FARGATE"]}, {"requiresCompatibilities": ["EC2", "FARGATE"]}, {"requiresCompatibilities": ["EXTERNAL"]},
        {**EC2, "networkMode": "host"}, {"requiresCompatibilities": ["FARGATE", "EC2"], "networkMode": "bridge"}, {"networkMode": "host"},
    ) for pool, own in (
        ({}, {}), ({"launch_type": "EC2"}, {}), ({}, {"launch_type": "EC2"}), ({}, {"launch_type": None}), ({"task_run_request.launchType:": "EC2"}, {}),
        ({}, {"launch_type": "FARGATE_SPOT"}), ({}, {"launch_type": "EXTERNAL"}), ({}, CAPACITY), (CAPACITY, {"launch_type": "FARGATE_SPOT"}),
    )),
    *([pool, own, None] for pool in ({}, {"task_definition.networkMode:": "host"}, {"task_definition.requiresCompatibilities:": ["EC2"]}) for own in (
        {}, {"launch_type": "EC2"}, {"launch_type": None}, {"launch_type": "EXTERNAL"}, {"launch_type": "FARGATE_SPOT"}, CAPACITY,
    )),
    [{CONTAINERS + ":": [{"name": "a", "essential": False}]}, {}, None], [{CONTAINERS + ":": [{"name": "a", "essential": False}]}, TD, made()],
    [{CONTAINERS + ":": [{"name": "a", "essential": False}, {"name": "b"}]}, {}, None],
    [{}, {"container_name": "x"}, None], [{CONTAINERS + ":": [{"name": "a"}]}, {"container_name": "x"}, None],
    [{CONTAINERS + ":": [{"name": "a"}]}, {"container_name": "prefect"}, None], [{CONTAINERS + ":": [{"name": "a"}]}, {}, None],
    [{CONTAINERS + ":": [{"name": "a"}]}, TD, made("a", "b")], [{CONTAINERS + ":": [{"name": "b"}, {"name": "prefect"}]}, TD, made("a", "b")],
    [{}, TD, made("a", "b")], [{}, TD, made("a", "prefect")], [{"container_name": "b"}, TD, made("a", "b")], [{}, {**TD, "container_name": "b"}, made("a", "b")],
    [{"container_name": "b"}, {**TD, "container_name": None}, made("a", "b")], [{"container_name:": "b"}, TD, made("a", "b")],
    [{"container_name:": "b"}, {**TD, "container_name": "a"}, made("a", "b")],
    [{"task_run_request.overrides.containerOverrides.0.name:": "b"}, TD, made("a", "b")],
    *([pool, {**own, **TD}, made(**fields)] for fields in ({}, {"secrets": ["PREFECT_API_KEY"]}, {"environment": ["PREFECT_API_KEY"]}) for pool, own in (
        ({}, {}), ({KEY: ARN}, {}), ({}, {KEY: ARN}), ({KEY: ARN}, {KEY: None}), ({KEY + ":": ARN}, {}), ({KEY + ":": None}, {KEY: ARN}),
        ({}, {"env": {"PREFECT_API_KEY": None}}), ({}, {"env.PREFECT_API_KEY": None}), ({"env": {"PREFECT_API_KEY": None}}, {"env": {"STAGE": "x"}}),
        ({"env": {"PREFECT_API_KEY": None}}, {"env": {"PREFECT_API_KEY": "mine"}}), ({KEY: ARN}, {"env": {"PREFECT_API_KEY": None}}),
        ({"env:": {"PREFECT_API_KEY": None}}, {}), ({"env:": {"PREFECT_API_KEY": None}}, {"env": {"STAGE": "x"}}),
    )),
    [{}, {KEY: ARN}, None],
    [{"cpu": 512}, {**TD, "memory": 4096}, made(cpu="256", memory="512")], [{"cpu": 512}, {**TD, "cpu": None}, made(cpu="256", memory="512")],
    [{"task_run_request.overrides.cpu:": "2048"}, {**TD, "cpu": 512}, made(cpu="256", memory="512")],
]


def pool(settings):
    template = copy.deepcopy(TEMPLATE)
    for path, value in settings.items():
        if not path.endswith(":"):
            template["variables"]["properties"][path]["default"] = value
            continue
        *keys, last = path[:-1].split(".")
        part = template["job_configuration"]
        for key in keys:
            part = part[int(key) if key.isdigit() else key]
        part[last] = value
    return template


async def run(settings, job_variables, definition):
    worker = ECSWorker("ecs")
    worker._load_network_configuration = worker._custom_network_configuration = lambda *_: {}
    flow_run = FlowRun(flow_id=uuid.uuid4(), deployment_id=uuid.uuid4())
    try:
        made = await ECSWorker.job_configuration.from_template_and_values(pool(settings), copy.deepcopy(job_variables), client=object())
        made.prepare_for_flow_run(flow_run)
        arn = made.task_run_request.get("taskDefinition")
        used = copy.deepcopy(definition) if arn else worker._prepare_task_definition(made, "eu-central-1", flow_run)
        worker._validate_task_definition(used, made)
        request = worker._prepare_task_run_request(made, used, arn or "made", False)
    except Exception as error:  # of any kind: the run is lost all the same
        return {"error": f"{type(error).__name__}: {error}".split("\n")[0][:80]}
    overrides = request["overrides"]
    container = overrides["containerOverrides"][0]
    names = [each["name"] for each in container["environment"]]
    return {
        "container": container["name"], "sendsKey": "PREFECT_API_KEY" in names,
        "cpu": overrides.get("cpu"), "memory": overrides.get("memory"),
    }


async def main():
    cases = [{"settings": s, "jobVariables": j, "definition": d, "worker": await run(s, j, d)} for s, j, d in CASES]
    lines = ",\n".join(json.dumps(case) for case in cases)
    print(f'{{"template": {json.dumps(TEMPLATE)},\n"cases": [\n{lines}\n]}}')


asyncio.run(main())

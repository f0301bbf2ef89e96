"""Records which deployments Prefect takes: python record-models.py > models.json (Prefect 3.8.8).

Of each: whether the model of the Prefect file takes it (prefect/cli/deploy/_models.py), and whether its schedules become
schedules of the API (prefect/cli/deploy/_schedules.py), as they must before `prefect deploy` writes anything.
"""

import json
import logging
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

import yaml
from prefect.cli.deploy._models import PrefectYamlModel
from prefect.cli.deploy._schedules import _schedule_config_to_deployment_schedule

BASE = "name: n\nentrypoint: f.py:f\nwork_pool: {name: p}\n"
LINES = r"""
description: text
description: null
description: 5
description: [a]
version: "1"
version: 1.0
version: 1
version: 2026-01-31
version_type: vcs:git
version_type: svn
version_type: 5
tags: [a, 1, null, {b: c}]
tags: text
tags: 5
tags: {a: b}
tags: null
flow_name: x
flow_name: 5
parameters: {a: [1, {b: c}]}
parameters: {}
parameters: null
parameters: [1]
parameters: text
parameters: {1: a}
enforce_parameter_schema: yes
enforce_parameter_schema: "yes"
enforce_parameter_schema: "Y"
enforce_parameter_schema: "maybe"
enforce_parameter_schema: 1
enforce_parameter_schema: 0.0
enforce_parameter_schema: 2
enforce_parameter_schema: null
paused: true
paused: "false"
paused: "OFF"
paused: " true"
paused: "{{ $PAUSED }}"
paused: []
concurrency_limit: 3
concurrency_limit: "3"
concurrency_limit: " +1_0 "
concurrency_limit: "3.0"
concurrency_limit: "3.5"
concurrency_limit: "three"
concurrency_limit: 3.0
concurrency_limit: 3.5
concurrency_limit: yes
concurrency_limit: 0
concurrency_limit: -1
concurrency_limit: null
concurrency_limit: [3]
concurrency_limit: {}
concurrency_limit: {limit: 3}
concurrency_limit: {limit: "3"}
concurrency_limit: {limit: 3, collision_strategy: CANCEL_NEW, grace_period_seconds: 60}
concurrency_limit: {limit: 3, collision_strategy: WAIT}
concurrency_limit: {limit: 3, collision_strategy: 5}
concurrency_limit: {limit: 3, grace_period_seconds: 5}
concurrency_limit: {limit: 3, grace_period_seconds: "90"}
concurrency_limit: {limit: 3, more: 1}
concurrency_limit: "{{ $LIMIT }}"
work_pool: {name: p, work_queue_name: q, job_variables: {a: {b: 1}}}
work_pool: {name: p, work_queue_name: 5}
work_pool: {name: p, work_queue_name: null}
work_pool: {name: p, job_variables: null}
work_pool: {name: p, job_variables: [a]}
work_pool: {name: p, job_variables: {1: a}}
work_pool: {name: p, more: 1}
work_pool: {name: 5}
work_pool: p
work_pool: [p]
unknown: {a: 1}
triggers: []
triggers: null
triggers: [{enabled: "{{ $X }}", anything: 1}]
triggers: [text]
triggers: [null]
triggers: {enabled: true}
sla: []
sla: null
sla: [{name: a, duration: 60}]
sla: [{name: a, duration: "60"}]
sla: [{name: a, duration: 1.5}]
sla: [{name: a, duration: PT1M}]
sla: [{name: a, stale_after: 60}]
sla: [{name: a, stale_after: PT1H}]
sla: [{name: a, within: "0:10:00"}]
sla: [{name: a, within: "600"}]
sla: [{name: a, within: soon}]
sla: [{name: a, within: 600, severity: high, enabled: false}]
sla: [{name: a, within: 600, severity: urgent}]
sla: [{name: a, within: 600, severity: null}]
sla: [{name: a, within: 600, enabled: null}]
sla: [{name: a, within: 600, enabled: "no"}]
sla: [{name: a, within: 600, enabled: sometimes}]
sla: [{name: a, within: 600, more: 1}]
sla: [{name: a, within: 600, duration: 60}]
sla: [{name: a}]
sla: [{name: 5, duration: 60}]
sla: [{duration: 60}]
sla: [text]
sla: {name: a, duration: 60}
build: null
build: []
build: {}
build: {prefect.deployments.steps.run_shell_script: {script: x}}
build: [text]
build: text
push: [{a.b: {}}]
push: [{a.b: null}]
pull: [{}]
pull: [null]
pull: 5
schedule: {}
schedule: null
schedule: {cron: "0 9 * * *"}
schedule: {cron: "0 9 * * *", more: 1}
schedule: text
schedule: [{cron: "0 9 * * *"}]
schedules: null
schedules: []
schedules: {cron: "0 9 * * *"}
schedules: [null]
schedules: [{}]
schedules: ["0 9 * * *"]
schedules: [{cron: "0 9 * * *", timezone: Europe/Berlin, day_or: false, active: false, slug: s, replaces: r, parameters: {a: 1}}]
schedules: [{cron: "0 9 * * *", parameters: null}]
schedules: [{cron: "0 9 * * *", parameters: [1]}]
schedules: [{cron: "0 9 * * *", active: "{{ $ACTIVE }}"}]
schedules: [{cron: "0 9 * * *", active: null}]
schedules: [{cron: "0 9 * * *", active: 1}]
schedules: [{cron: "0 9 * * *", active: 2}]
schedules: [{cron: "0 9 * * *", active: []}]
schedules: [{cron: "0 9 * * *", day_or: 0}]
schedules: [{cron: "0 9 * * *", slug: 5}]
schedules: [{cron: "0 9 * * *", slug: ""}]
schedules: [{cron: "0 9 * * *", timezone: Mars/Olympus}]
schedules: [{cron: "0 9 * * *", timezone: 5}]
schedules: [{cron: "0 9 * * *", timezone: ""}]
schedules: [{cron: "0 9 * * *", max_scheduled_runs: 5}]
schedules: [{cron: "0 9 * * *", interval: 60}]
schedules: [{cron: "0 9 * * *", interval: null}]
schedules: [{cron: "0 9 * * *", anchor_date: 2026-01-31}]
schedules: [{cron: "0 9 * * *", catchup: true}]
schedules: [{cron: 5}]
schedules: [{cron: ""}]
schedules: [{cron: null}]
schedules: [{cron: "61 * * * *"}]
schedules: [{cron: "@daily"}]
schedules: [{timezone: UTC}]
schedules: [{schedule: {cron: "0 9 * * *"}}]
schedules: [{schedule: {cron: "0 9 * * *"}, active: false, max_scheduled_runs: 5}]
schedules: [{schedule: {interval: 60}, slug: s}]
schedules: [{interval: 60}]
schedules: [{interval: 60.5}]
schedules: [{interval: 0}]
schedules: [{interval: -60}]
schedules: [{interval: yes}]
schedules: [{interval: "600"}]
schedules: [{interval: PT10M}]
schedules: [{interval: P1D}]
schedules: [{interval: "-PT10M"}]
schedules: [{interval: "0:10:00"}]
schedules: [{interval: 0:10:00}]
schedules: [{interval: "1 day, 2:00:00"}]
schedules: [{interval: daily}]
schedules: [{interval: ""}]
schedules: [{interval: []}]
schedules: [{interval: 60, anchor_date: 2026-01-31}]
schedules: [{interval: 60, anchor_date: "2026-01-31"}]
schedules: [{interval: 60, anchor_date: "2026-01-31T08:00:00+02:00"}]
schedules: [{interval: 60, anchor_date: 2026-01-31, slug: s}]
schedules: [{interval: 60, anchor_date: never}]
schedules: [{interval: 60, anchor_date: 5}]
schedules: [{interval: 60, day_or: true}]
schedules: [{interval: 60, timezone: Europe/Berlin}]
schedules: [{rrule: FREQ=DAILY}]
schedules: [{rrule: FREQ=DAILY, timezone: Europe/Berlin}]
schedules: [{rrule: '{"rrule": "FREQ=DAILY", "timezone": "Europe/Berlin"}'}]
schedules: [{rrule: '{"rrule": "FREQ=DAILY", "more": 1}'}]
schedules: [{rrule: '{"timezone": "UTC"}'}]
schedules: [{rrule: '["FREQ=DAILY"]'}]
schedules: [{rrule: '5'}]
schedules: [{rrule: daily}]
schedules: [{rrule: ""}]
schedules: [{rrule: 5}]
schedules: [{rrule: FREQ=DAILY, anchor_date: "2026-01-31"}]
""".strip().splitlines()
FILES = {
    "no deployments": "name: x",
    "deployments of null": "deployments: null",
    "deployments that are text": "deployments: text",
    "a deployment that is text": "deployments: [text]",
    "a deployment of null": "deployments: [null]",
    "an empty deployment": "deployments: [{}]",
    "a name of null": "deployments: [{name: null, entrypoint: f.py:f, work_pool: {name: p}}]",
    "a name that is a number": "deployments: [{name: 5, entrypoint: f.py:f, work_pool: {name: p}}]",
    "a name with a slash": "deployments: [{name: a/b, entrypoint: f.py:f, work_pool: {name: p}}]",
    "an entrypoint of null": "deployments: [{name: n, entrypoint: null, work_pool: {name: p}}]",
    "an entrypoint that is a number": "deployments: [{name: n, entrypoint: 5, work_pool: {name: p}}]",
    "a version of Prefect that is a number": "prefect-version: 3.8",
    "a name of the project that is a number": "name: 5",
    "top-level steps": "build: [{a.b: {}}]\npush: null\npull: {a.b: {}}",
    "top-level steps that are text": "build: [text]",
    "other keys at the top": "definitions: {a: 1}",
}


def read(text):
    loaded = yaml.safe_load(text)
    try:
        model = PrefectYamlModel.model_validate(loaded if isinstance(loaded, dict) else {})
    except Exception:
        return {"model": False}
    deployments = [each.model_dump(exclude_unset=True, mode="json") for each in model.deployments]
    try:
        for deployment in deployments:
            single = [deployment["schedule"]] if deployment.get("schedule") else []
            for schedule in single + (deployment.get("schedules") or []):
                _schedule_config_to_deployment_schedule(schedule)
    except Exception:
        return {"model": True, "schedules": False}
    return {"model": True, "schedules": True}


def of_lines(line):
    given = yaml.safe_load(line)
    base = "".join(each + "\n" for each in BASE.splitlines() if each.split(":")[0] not in given)
    body = base + line
    return "deployments:\n- " + body.replace("\n", "\n  ")


CASES = {**{line: of_lines(line) for line in LINES}, **FILES}
print(json.dumps([{"case": case, "text": text, **read(text)} for case, text in CASES.items()], indent=1))

"""Records the automations that Prefect makes of triggers: python record-triggers.py > triggers.json (prefect 3.8.8).

Each YAML goes the way of `prefect deploy`: cli/deploy/_triggers.py, then what the client sends, then what the server
answers after it has read that. `cloud` is what is sent, where the open-source server refuses it.
"""

import json
from copy import deepcopy
from uuid import UUID

import yaml

from prefect.cli.deploy._triggers import _initialize_deployment_triggers
from prefect.server.events.schemas.automations import AutomationCreate

DEPLOYMENT = UUID("00000000-0000-0000-0000-00000000000d")
TRIGGERS = """
{}
{expect: [a.done]}
{expect: a.done}
{expect: [b, a, b]}
{expect: [], after: [], for_each: []}
{expect: null}
{expect: [1]}
{after: [start], expect: [end], for_each: [prefect.resource.id], posture: Proactive, threshold: 2, within: 60}
{posture: Proactive}
{posture: Proactive, within: 0}
{posture: Proactive, within: 5}
{posture: Proactive, within: 10.5}
{posture: Proactive, within: "PT1M"}
{posture: Proactive, within: "5"}
{posture: reactive}
{posture: Other}
{within: 0}
{within: 1.5}
{within: -1}
{within: null}
{within: ""}
{within: PT10M}
{within: "0:10:00"}
{within: "1 day, 2:00:00"}
{within: soon}
{within: true}
{within: "60"}
{within: "60.5"}
{threshold: 0}
{threshold: -2}
{threshold: "3"}
{threshold: 3.0}
{threshold: 3.5}
{threshold: null}
{threshold: many}
{threshold: true}
{match: {prefect.resource.id: prefect.flow-run.*}}
{match: {prefect.resource.id: [a, b], x: y}}
{match: {x: 5}}
{match: {x: null}}
{match: {x: [1]}}
{match: {x: []}}
{match: []}
{match: null}
{match: text}
{match_related: {prefect.resource.role: flow, prefect.resource.id: [f1]}}
{match_related: [{a: b}, {c: [d, e]}]}
{match_related: []}
{match_related: [a]}
{match_related: null}
{name: Mine, description: Says it., enabled: false}
{name: null}
{name: ""}
{name: 5}
{name: "a/b"}
{name: "a%b<c"}
{description: null}
{enabled: "no"}
{enabled: "off"}
{enabled: 0}
{enabled: null}
{enabled: perhaps}
{parameters: {day: "{{ event.resource.id }}", n: 5, list: [{x: null}]}}
{parameters: {day: {__prefect_kind: jinja, template: "{{ event.id }}"}}}
{parameters: {day: {__prefect_kind: json, value: "{"}}}
{parameters: {day: "{{ bad"}}
{parameters: {day: {template: x}}}
{parameters: {}}
{parameters: null}
{parameters: []}
{job_variables: {env: {A: b}, cpu: 256}}
{job_variables: {}}
{job_variables: null}
{schedule_after: 60}
{schedule_after: PT1H}
{schedule_after: "0:10:00"}
{schedule_after: -5}
{schedule_after: null}
{schedule_after: 0.5}
{unknown: 1, type: event}
{type: event, triggers: [], require: any}
{type: Event}
{type: other}
{type: null}
{type: compound, require: any, triggers: [{expect: [a]}, {expect: [b]}]}
{require: all, triggers: [{expect: [a]}, {expect: [b], posture: Proactive}], within: 60}
{require: 2, triggers: [{expect: [a]}, {expect: [b]}], within: PT1H}
{require: 3, triggers: [{expect: [a]}, {expect: [b]}]}
{require: 0, triggers: [{expect: [a]}]}
{require: "2", triggers: [{expect: [a]}, {expect: [b]}]}
{require: some, triggers: [{expect: [a]}]}
{require: null, triggers: [{expect: [a]}]}
{require: any, triggers: []}
{require: any, triggers: null}
{require: any, triggers: {expect: [a]}}
{require: any, triggers: [text]}
{require: any, triggers: [{name: inner, parameters: {x: 1}, enabled: false, expect: [a], unknown: 5}]}
{type: compound, triggers: [{expect: [a]}]}
{type: sequence, triggers: [{expect: [a]}, {expect: [b]}]}
{triggers: [{expect: [a]}, {expect: [b]}], within: 30}
{triggers: [{expect: [a]}], within: null}
{triggers: [{expect: [a]}], within: -1}
{triggers: [{triggers: [{expect: [a]}, {type: compound, require: 1, triggers: [{expect: [c]}]}]}, {expect: [b]}]}
{triggers: [{posture: Metric, metric: {name: lateness, threshold: 1, operator: ">"}}]}
{posture: Metric, metric: {name: duration, threshold: 10, operator: ">"}}
{type: metric, metric: {name: successes, threshold: 0.5, operator: "<=", range: 600, firing_for: PT10M}, match: {a: b}}
{type: metric, metric: {name: successes, threshold: "1", operator: "<"}}
{type: metric, metric: {name: other, threshold: 1, operator: "<"}}
{type: metric, metric: {name: lateness, threshold: 1, operator: "="}}
{type: metric, metric: {name: lateness, threshold: 1, operator: ">", range: 60}}
{type: metric, metric: {name: lateness, threshold: 1}}
{type: metric}
{type: metric, posture: Reactive, metric: {name: lateness, threshold: 1, operator: ">"}}
{expect: [prefect.flow-run.Running]}
{expect: [prefect.flow-run.Completed]}
{expect: [prefect.flow-run.*], enabled: false}
{expect: [prefect.flow-run.*], posture: Proactive}
{expect: [prefect.flow-run.*], match: {prefect.resource.id: prefect.flow-run.*}}
{expect: [prefect.flow-run.*], match: {prefect.resource.id: prefect.flow-run.*}, match_related: {prefect.resource.id: prefect.flow.x}}
{expect: [prefect.flow-run.*], match: {prefect.resource.id: prefect.flow-run.1}}
{expect: [prefect.flow-run.Pending], match_related: [{a: b}, {}]}
{expect: [prefect.flow-run.Pending], match_related: [{a: b}]}
{expect: [prefect.flow-run.Pending], match_related: []}
{expect: [prefect.flow-run.Pending], match: {prefect.resource.id: [x, prefect.flow-run.*]}}
""".strip().split("\n")


def record(text):
    spec = yaml.safe_load(text)
    try:
        [trigger] = _initialize_deployment_triggers("nightly", [spec])
        trigger.set_deployment_id(DEPLOYMENT)
        sent = trigger.as_automation().model_dump(mode="json")
    except Exception as error:
        return {"yaml": text, "error": type(error).__name__}
    try:
        taken = AutomationCreate.model_validate(deepcopy(sent))
    except Exception:
        return {"yaml": text, "cloud": ordered(sent)}
    return {"yaml": text, "server": ordered(taken.model_dump(mode="json"))}


def ordered(body):
    """Without random ids, sets in order."""
    if isinstance(body, list):
        return [ordered(item) for item in body]
    if not isinstance(body, dict):
        return body
    sets = ("after", "expect", "for_each")
    return {
        key: sorted(value) if key in sets else ordered(value)
        for key, value in body.items()
        if key not in ("id", "deployment_id", "owner_resource")
    }


print(json.dumps([record(each) for each in TRIGGERS], indent=1))

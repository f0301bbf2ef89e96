"""Records what Prefect's client sends for SLAs: python record-slas.py > slas.json (prefect 3.8.8)."""

import json
from uuid import UUID

import yaml

from prefect.cli.deploy._sla import _initialize_deployment_slas

DEPLOYMENT = UUID("00000000-0000-0000-0000-00000000000d")
SLAS = """
{name: long, duration: 60}
{name: long, duration: 60, severity: high, enabled: false}
{name: long, duration: "60"}
{name: long, duration: 60.0}
{name: long, duration: 60.5}
{name: long, duration: PT1M}
{name: late, within: 600}
{name: late, within: PT10M, severity: low}
{name: late, within: "0:10:00"}
{name: late, within: 1.5}
{name: late, within: -5}
{name: stale, stale_after: 3600}
{name: stale, stale_after: P1D, enabled: "no"}
{name: stale, stale_after: 60, enabled: null}
{name: stale, stale_after: 60, severity: urgent}
{name: stale, stale_after: 60, severity: null}
{name: stale, stale_after: soon}
{duration: 60}
{name: 5, duration: 60}
{name: "", duration: 60}
{name: none}
{name: both, duration: 60, within: 60}
{name: all, duration: 60, within: 60, stale_after: 60}
{name: two, within: 60, stale_after: 60}
{name: unknown, duration: 60, other: 1}
{name: typed, type: TimeToCompletionSla, duration: 60}
""".strip().split("\n")


def record(text):
    try:
        [sla] = _initialize_deployment_slas(DEPLOYMENT, [yaml.safe_load(text)])
    except Exception as error:
        return {"yaml": text, "error": type(error).__name__}
    return {"yaml": text, "sent": sla.model_dump(mode="json", exclude_unset=True)}


print(json.dumps([record(each) for each in SLAS], indent=1))

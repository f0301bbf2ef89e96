"""Records when Prefect's schedules start runs: python record-next-fires.py > next-fires.json (prefect 3.8.8)."""

import asyncio
import datetime
import json

from prefect.server.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
# The night before each change of the clocks, and an ordinary day.
STARTS = ["2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z", "2026-11-24T10:00:00Z", "2026-10-31T20:00:00Z", "2026-03-07T20:00:00Z"]
CRONS = ["0 9 * * *", "30 2 * * *", "0 * * * *", "*/30 1-3 * * *", "30 1 * * *", "0 12 1 * 1"]
INTERVALS = [
    (600, "2026-01-01T00:03:00Z"), (3600, "2026-01-01T00:20:00Z"), (43200, "2026-07-01T07:00:00Z"), (86400, "2026-07-01T07:00:00Z"),
    (86400, "2026-01-01T08:00:00+01:00"), (86400, "2026-03-01T01:30:00Z"), (86400, "2026-10-01T00:30:00Z"), (86400, "2026-12-24T10:00:00Z"),
    (90000, "2026-01-01T08:00:00Z"), (604800, "2026-01-05T08:00:00Z"), (0.5, "2026-01-01T00:00:00Z"), (3600, "2030-01-01T00:00:00Z"),
]
RRULES = [
    "FREQ=DAILY;BYHOUR=9;BYMINUTE=0", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "FREQ=HOURLY", "FREQ=HOURLY;INTERVAL=5", "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=8", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;WKST=SU", "FREQ=WEEKLY", "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17",
    "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY;BYEASTER=0", "FREQ=DAILY;COUNT=3", "FREQ=DAILY;UNTIL=20261126T000000",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "DTSTART:20260102T093000\nRRULE:FREQ=DAILY;INTERVAL=2",
    "DTSTART;TZID=America/New_York:20260102T093000\nRRULE:FREQ=DAILY", "DTSTART:20260102T093000Z\nFREQ=WEEKLY",
    "RRULE:FREQ=DAILY;BYHOUR=9\nEXDATE:20261125T090000", "RRULE:FREQ=DAILY\nRDATE:20261124T120000",
    "RRULE:FREQ=WEEKLY;BYDAY=MO\nRRULE:FREQ=MONTHLY;BYMONTHDAY=25",
    "DTSTART:20260102T093000\nFREQ=MINUTELY;INTERVAL=7", "DTSTART:20261124T095500\nFREQ=SECONDLY;INTERVAL=45", "FREQ=HOURLY;BYHOUR=1,2,3",
    "FREQ=DAILY;BYDAY=MO,WE;BYHOUR=1,2;BYMINUTE=30", "FREQ=DAILY;BYHOUR=1;BYMINUTE=30;BYMONTH=3,10,11", "freq=daily;byhour=9",
]


def rules():
    for timezone in (BERLIN, NEW_YORK, None):
        yield from (dict(cron=cron, timezone=timezone, day_or=True) for cron in CRONS)
        yield from (dict(interval=interval, anchor_date=anchor, timezone=timezone) for interval, anchor in INTERVALS)
        yield from (dict(rrule=rrule, timezone=timezone or "UTC") for rrule in RRULES)
    yield dict(cron="0 9 13 * 5", timezone=BERLIN, day_or=False)


def read(rule, start):
    kind = CronSchedule if "cron" in rule else IntervalSchedule if "interval" in rule else RRuleSchedule
    dates = asyncio.run(kind(**rule).get_dates(4, datetime.datetime.fromisoformat(start)))
    return [date.astimezone(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z") for date in dates]


cases = [{"rule": rule, "from": start, "runs": read(rule, start)} for rule in rules() for start in STARTS]
print("[" + ",\n".join(json.dumps(case) for case in cases) + "]")

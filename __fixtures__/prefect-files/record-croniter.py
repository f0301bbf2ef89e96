"""Records what Prefect's croniter makes of expressions: python record-croniter.py > croniter.json (prefect 3.8.8)."""

import datetime
import json

from prefect._internal.schemas.validators import validate_cron_string
from prefect._vendor.croniter import croniter

START = datetime.datetime(2026, 11, 24, 10, tzinfo=datetime.timezone.utc)
EXPRESSIONS = """
0 9 * * *|*/15 * * * *|0 9 * * mon-fri|0 9 * * MON|0 9 * * 7|0 9 * * 5-1|0 9 L * *|0 9 * * L5|0 9 * * 5#3|0 9 * * fri#2
0 9 ? * *|0 9 * jan,feb *|@daily|@hourly|@weekly|0 9 * * * 30|30 0 9 * * *|1-59/2 * * * *|0/5 * * * *|0 0-23/2 * * *
5,10,15 8-10 * * *|0 9 1,15 * 1| 0 9 * * *  |0	9 * * *|0 9 * */3 *|55-5 * * * *|0 22-2 * * *|0 9 25-5 * *|*/90 * * * *
0 */25 * * *|0 0 29 2 *|5/15 * * * *|0 9 * * 1#1,3#2|0 9 * * fri-mon|0 9 * nov-feb *|*/7 22-3/2 * * *|10/20 */5 * * *
0 99 * * *|60 0 * * *|0 9 * * 5L|0 9 15W * *|@reboot|* * * *|* * * * * * * *|0 9 * * R|H H * * *|0 9 * * 8|0 24 * * *
0 9 0 * *|0 9 32 * *|0 9 * 13 *|-1 9 * * *|0 9 * * 1-|a b c d e|0 9 LW * *|? 9 * * *|*/0 * * * *|0 9 * * sunday
""".strip("\n").replace("\n", "|").split("|")


def read(expression):
    try:
        validate_cron_string(expression)
    except ValueError:
        return None
    runs = croniter(expression, START)
    return [runs.get_next(datetime.datetime).strftime("%Y-%m-%dT%H:%M:%S.000Z") for _ in range(6)]


print(json.dumps([{"expression": each, "runs": read(each)} for each in EXPRESSIONS]))

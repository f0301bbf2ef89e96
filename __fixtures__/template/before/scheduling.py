"""Writes the schedules of deployments that are there already.

The workflow runs this when it changes. Names of flows and deployments are case sensitive.
"""

import datetime

from prefect.deployments import Deployment
from prefect.orion.schemas.schedules import CronSchedule, IntervalSchedule

NEW_YORK = "America/New_York"


def schedule(flow_name, rule):
    deployment = Deployment(flow_name=flow_name, name="dataflows")
    if not deployment.load():
        raise RuntimeError(f"{flow_name} has no deployment")
    deployment.schedule = rule
    deployment.apply()


def main():
    evening = datetime.datetime.today().replace(hour=21, minute=5, second=0)
    schedule(
        "exchange-rates",
        IntervalSchedule(interval=datetime.timedelta(days=1), anchor_date=evening, timezone=NEW_YORK),
    )
    schedule("Stock Levels", CronSchedule(cron="0 9-17 * * 1-5"))


if __name__ == "__main__":
    main()

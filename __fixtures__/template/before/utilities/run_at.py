"""Schedules one run of a deployment for a moment."""

import asyncio

import pendulum
from prefect import get_client
from prefect.orion.schemas.states import Scheduled


async def run_at(deployment: str, moment):
    async with get_client() as client:
        found = await client.read_deployment_by_name(deployment)
        await client.create_flow_run_from_deployment(found.id, state=Scheduled(scheduled_time=moment))


if __name__ == "__main__":
    asyncio.run(run_at("exchange-rates/dataflows", pendulum.datetime(2023, 9, 1, 20, tz="Europe/Berlin")))

"""Deletes every deployment of the workspace."""

import asyncio

from prefect import get_client


async def delete_deployments():
    async with get_client() as client:
        for deployment in await client.read_deployments():
            print(f"Deleting {deployment.name} ({deployment.id})")
            await client.delete_deployment(deployment.id)


if __name__ == "__main__":
    asyncio.run(delete_deployments())

"""Fetches exchange rates and prints them."""

import requests
from prefect import flow, get_run_logger, task

URL = "https://rates.example.com/daily"


@task(retries=2, retry_delay_seconds=10)
def fetch_rates(base: str, day: int) -> dict:
    response = requests.get(URL, params={"base": base, "ago": day}, timeout=30)
    response.raise_for_status()
    return response.json()


@flow
def exchange_rates(base: str = "EUR", days: int = 1):
    """Fetch the rates of the last days."""
    for day in range(days):
        get_run_logger().info("%s days ago: %s", day, fetch_rates(base, day))


if __name__ == "__main__":
    exchange_rates(days=3)

"""Reports what is about to run out."""

from prefect import flow, get_run_logger, task
from warehouse.database import connection_string

from flows.healthcheck import healthcheck


@task
def read_levels(warehouse: str) -> dict:
    get_run_logger().info("Reading %s", connection_string(warehouse))
    return {"bolts": 120, "nuts": 7, "washers": 3}


@flow(name="Stock Levels")
def stock_levels(warehouse: str = "north", least: int = 10):
    healthcheck()
    low = {item: count for item, count in read_levels(warehouse).items() if count < least}
    get_run_logger().info("About to run out: %s", low)


if __name__ == "__main__":
    stock_levels(least=50)

"""Deployed with every push: its upload takes all the code to S3, and a run every ten seconds shows that the agent lives."""

from platform import node, python_version

import prefect
from prefect import flow, get_run_logger


@flow
def maintenance():
    get_run_logger().info("Agent on %s lives: Python %s, Prefect %s", node(), python_version(), prefect.__version__)


if __name__ == "__main__":
    maintenance()

"""Logs where flows run and with which versions."""

import platform
import sys

import prefect
from prefect import flow, get_run_logger, task
from prefect.orion.api.server import ORION_API_VERSION


@task
def log_versions():
    logger = get_run_logger()
    logger.info("Host %s, %s", platform.node(), platform.platform())
    logger.info("Python %s, Prefect %s", sys.version, prefect.__version__)
    logger.info("API %s", ORION_API_VERSION)


@flow
def healthcheck():
    log_versions()


if __name__ == "__main__":
    healthcheck()

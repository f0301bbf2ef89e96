from datetime import date, timedelta
from enum import Enum
from typing import Any, Literal

from prefect import flow


class Mode(str, Enum):
    FULL = "full"
    DELTA = "delta"


@flow
def etl(
    day: date | None = None,
    limit: int = 100,
    rate: float = 0.5,
    shops: list[str] = [],
    options: dict[str, Any] = {},
    dry_run: bool = False,
    note: str | None = None,
    mode: Mode = Mode.FULL,
    stage: Literal["test", "production"] = "test",
    window: timedelta = timedelta(minutes=1),
):
    """Loads the orders of one day.

    Args:
        day: The day to load; yesterday when empty.
        limit: How many orders a shop may have.
    """


@flow
def bare(anything=None):
    pass

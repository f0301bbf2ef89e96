"""Writes the sales report."""

from typing import Literal

from prefect import flow, task
from pydantic import BaseModel, Field
from tabulate import tabulate


class Recipients(BaseModel):
    """Who gets the report."""

    to: list[str] = Field(min_length=1)
    copy_to_sales: bool = False


@task
def turnover_by_region(days: int) -> dict[str, float]:
    return {"north": 120.5 * days, "south": 98.25 * days}


@flow(name="sales-report", log_prints=True)
def report(
    period: Literal["day", "week", "month"] = "day",
    recipients: Recipients = Recipients(to=["sales@example.com"]),
    currency: str = "EUR",
) -> str:
    """Write the sales report and send it.

    Args:
        period: What the report covers.
        recipients: Who gets it.
        currency: Currency of all amounts.
    """
    days = {"day": 1, "week": 7, "month": 30}[period]
    rows = turnover_by_region(days).items()
    text = tabulate(rows, headers=["region", currency], floatfmt=".2f")
    print(f"For {', '.join(recipients.to)}:\n{text}")
    return text

"""Imports the orders of one day, shop by shop."""

from datetime import date, timedelta

from prefect import flow, task
from pydantic import BaseModel, Field


class Order(BaseModel):
    shop: str
    number: int
    amount: float = Field(gt=0)


@task(retries=2, retry_delay_seconds=1)
def fetch_orders(shop: str, day: date, limit: int) -> list[Order]:
    first = day.toordinal() % 1000
    return [Order(shop=shop, number=first + i, amount=10 + i) for i in range(limit)]


@flow(log_prints=True)
def import_orders(
    shops: list[str],
    day: date | None = None,
    limit: int = 100,
) -> float:
    """Import the orders of one day.

    Args:
        shops: Shops to import from.
        day: The day to import; yesterday when empty.
        limit: How many orders a shop may have.

    Returns:
        The day's turnover.
    """
    day = day or date.today() - timedelta(days=1)
    orders = [order for shop in shops for order in fetch_orders(shop, day, limit)]
    turnover = sum(order.amount for order in orders)
    print(f"{len(orders)} orders of {day}: {turnover:.2f}")
    return turnover

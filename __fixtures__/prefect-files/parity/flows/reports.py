import prefect
from prefect import flow
from pydantic import BaseModel


class Recipients(BaseModel):
    to: list[str]
    copy_to_sales: bool = False


@flow(name="Sales report", description="What was sold.", version="7")
def report(period: str, recipients: Recipients | None = None):
    """Never seen: the decorator has a description."""


class Jobs:
    @staticmethod
    @flow
    def clean_up(keep_days: int = 30):
        """Deletes what is old."""


@prefect.flow(name="monitor")
async def watch_sources(*, sources: list[str] = ["orders"]):
    pass

from prefect import flow


@flow(log_prints=True)
def hello(name: str = "world") -> None:
    """Say hello."""
    print(f"Hello, {name}!")

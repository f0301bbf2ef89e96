from prefect import flow


@flow
def load_tables(tables: list[str], full_refresh: bool = False):
    """Loads tables into the warehouse."""


@flow
def train_model(features: list[str] = [], epochs: int = 10, learning_rate: float = 1e-3):
    """Trains the model anew."""

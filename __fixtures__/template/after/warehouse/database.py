"""Where the warehouses' databases are."""


def connection_string(warehouse: str, port: int = 5432) -> str:
    return f"postgresql://reader@{warehouse}.db.example.com:{port}/stock"

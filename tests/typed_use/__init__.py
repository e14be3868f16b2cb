"""Programs as users write them, held to strict mypy and pyright without an ignore."""

"""The database at size: every query of the product explained, none scanning a large table."""

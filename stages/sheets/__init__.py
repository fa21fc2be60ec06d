"""Tables that people edit: catalogs come in as CSV, orders and commissions go out."""

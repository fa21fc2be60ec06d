"""How the models were made; nothing here runs beside the stages."""

"""The audit: whether archive, stream and database tell the same of a day."""

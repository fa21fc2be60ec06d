"""What the panels show: one noun a file, read from the database or Redis into a frozen view."""

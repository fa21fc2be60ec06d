"""The tests; a package so that plugins and fixtures are found by name."""

"""How many comments a gateway takes in a second, beside a bare echo on the same server."""

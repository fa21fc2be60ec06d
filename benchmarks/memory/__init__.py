"""How many bytes of Redis a comment costs, and whether the processes grow."""

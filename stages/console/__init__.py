"""The page that a host leaves open: what comes in, what is sold, what has to be decided."""

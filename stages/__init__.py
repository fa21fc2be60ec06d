"""The shop: six stages, what they talk to, and the doors into them."""

"""What is said when a model isn't there."""


class MissingModel(Exception):
    """A model's file isn't where the settings say; the message says what to install or set."""

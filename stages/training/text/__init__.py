"""How the intent classifier is made: `python -m stages.training.text` rebuilds `stages/models/intent`."""

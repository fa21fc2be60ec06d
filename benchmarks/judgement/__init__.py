"""How right, how honest and how fast the judgement of comments is."""

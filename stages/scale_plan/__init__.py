"""How many processes of each stage a rate of comments needs, from what was measured."""

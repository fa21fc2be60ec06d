"""The shop's verbs for those who keep it, a module for each noun."""

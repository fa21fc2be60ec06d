"""Stripe's side of the sandbox."""

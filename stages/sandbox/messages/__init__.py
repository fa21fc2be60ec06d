"""Twilio's side of the sandbox."""

"""The doors into the stages: what talks to them over HTTP."""

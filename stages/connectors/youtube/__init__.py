"""YouTube's live chat, by its official API."""

"""What a thousand comments cost."""

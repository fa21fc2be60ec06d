"""What people correct, as rows to train with."""

"""What `tiktoksales doctor` looks at, and what it says."""

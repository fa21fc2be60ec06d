"""Takes frames from a live stream or a video, for the vision stage to look at."""

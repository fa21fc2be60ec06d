set local role tiktoksales_streamer

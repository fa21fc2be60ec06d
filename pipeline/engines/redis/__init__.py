"""The engine on Redis Streams: one consumer group a stage, one settle call a batch."""

"""What a show does just now, per streamer: counted from the end states as they come, on Kafka with Faust's tables."""

"""The streams on Kafka, and the stages as Faust agents."""

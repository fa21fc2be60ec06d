"""What more partitions, more workers and a longer backlog do to the rate."""

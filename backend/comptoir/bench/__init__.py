"""What `comptoir bench` measures: ours beside a floor, in turn, on one machine, with durable commits."""

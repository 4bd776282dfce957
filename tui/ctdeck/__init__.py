"""A terminal UI for containerd."""

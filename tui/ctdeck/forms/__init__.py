"""The run form without its widgets: what is typed and what comes of it."""

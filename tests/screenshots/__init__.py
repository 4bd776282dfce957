"""The pictures of the README, made from the running app: `python -m tests.screenshots`."""

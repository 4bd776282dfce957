"""`make soak`: random changes, keys and restarts for minutes, and what is left afterwards."""

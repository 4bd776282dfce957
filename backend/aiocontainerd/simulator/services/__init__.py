"""One servicer for each gRPC service: thin over the world."""

"""One thin module for each gRPC service of containerd: our models in and out, errors mapped."""

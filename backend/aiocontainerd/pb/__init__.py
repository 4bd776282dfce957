"""Our .proto files, the stubs made from them, and the one right handling of `Any`."""

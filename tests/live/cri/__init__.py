"""The part of Kubernetes' Container Runtime Interface that the tests call, as stubs."""

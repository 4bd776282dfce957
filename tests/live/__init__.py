"""The live test ground: real containerds, registries and images, made and removed by fixtures."""

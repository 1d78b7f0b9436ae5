"""The same work by this pipeline, by its peers and at the machine's limit: `python -m benchmarks --help`."""

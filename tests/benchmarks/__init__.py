"""How fast and how large the authorizer is beside what people would use instead: `python -m tests.benchmarks`."""

"""Constant load for tests and benchmarks, by any HTTP server's URL."""

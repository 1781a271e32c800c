"""The benchmark: every row is a ratio or a count from one run, beside what it is compared to."""

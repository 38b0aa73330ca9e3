"""Benchmarks: alternatives in one run, reported as ratios."""

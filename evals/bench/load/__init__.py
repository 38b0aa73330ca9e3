"""Load on a real `assistant serve`: `python -m evals.bench.load`."""

"""Measures how good the answers are; uses only the public API of `assistant`."""

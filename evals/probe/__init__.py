"""The linear probe on the chat model: how it was fitted, and how good it is (README.md)."""

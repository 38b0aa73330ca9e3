"""The server: one FastAPI application that carries the web chat and the HTTP interfaces."""

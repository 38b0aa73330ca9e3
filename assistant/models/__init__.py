"""Models: trusted by digest, loaded from this machine."""

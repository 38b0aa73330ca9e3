"""Training and evaluation of the verifier that travels with the package."""

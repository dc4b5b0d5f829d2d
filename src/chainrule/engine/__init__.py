"""The engine's drivers: the same learning step in a NumPy loop and compiled by JAX, and what both need."""

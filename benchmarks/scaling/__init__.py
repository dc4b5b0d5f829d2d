"""How time and memory grow with width, depth, batch and examples, and whether the right engine is chosen."""

"""Chainrule beside its peers: the same jobs, each in a process of its own, in turns. `python -m benchmarks --help`."""

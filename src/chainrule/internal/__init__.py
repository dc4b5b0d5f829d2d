"""Small helpers that everything else uses, and nobody from outside: not part of the public interface."""

"""`python -m benchmarks.serving`: chainrule serve beside an empty Starlette app and FastAPI with ONNX Runtime or Keras."""

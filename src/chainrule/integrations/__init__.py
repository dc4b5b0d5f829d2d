"""Recorded runs in the tools of others: TensorBoard, spreadsheets. See docs/trackers.md."""

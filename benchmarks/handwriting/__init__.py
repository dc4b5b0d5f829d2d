"""How well handwriting is read: on pictures from other people, on made pages, and on pictures without a digit."""

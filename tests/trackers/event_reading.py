"""Event files as TensorBoard itself reads them."""

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def accumulated(folder) -> EventAccumulator:
    """All that TensorBoard finds in a folder, nothing thinned out."""
    found = EventAccumulator(
        str(folder), size_guidance={"scalars": 0, "histograms": 0, "tensors": 0, "images": 0}
    )
    found.Reload()
    return found


def curve(found: EventAccumulator, tag: str) -> list[tuple[int, float]]:
    """A curve's steps and values."""
    return [(event.step, event.value) for event in found.Scalars(tag)]

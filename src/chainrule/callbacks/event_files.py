"""TensorBoard's event files, written without TensorFlow: scalars, histograms, images and the graph of a model."""

import itertools
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import FileError, SettingError, require_package

BINS = 30  # of a histogram, as many as TensorFlow's summaries have
_numbers = itertools.count()


class EventFile:
    """One event file in a folder, which is made; TensorBoard shows all files of a folder as one run.

    MissingDependencyError without the package tensorboardX; FileError when the folder cannot be written.

    >>> with EventFile("logs/train") as events:                      # doctest: +SKIP
    ...     events.scalar("epoch_loss", 0.25, step=3)
    """

    def __init__(self, folder: Any) -> None:
        writers = require_package(
            "tensorboardX.event_file_writer", "trackers", "Writing TensorBoard's event files"
        )
        self.summary = require_package(
            "tensorboardX.summary", "trackers", "Writing TensorBoard's event files"
        )
        self.event_pb2 = require_package(
            "tensorboardX.proto.event_pb2", "trackers", "Writing TensorBoard's event files"
        )
        self.folder = Path(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # files begun in the same second must not have the same name
            self.file = writers.EventsWriter(str(self.folder / "events"), f".{os.getpid()}.{next(_numbers)}")
        except OSError as problem:
            raise FileError(
                f"No event file can be written in {self.folder}: {problem.strerror or problem}."
            ) from problem

    def __enter__(self) -> "EventFile":
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def scalar(self, tag: str, value: float, step: int, seconds: float | None = None) -> None:
        """One number of a step. seconds: when that was, since 1970; None is now."""
        self.add(self.summary.scalar(tag, float(value)), step, seconds)

    def histogram(self, tag: str, values: Any, step: int, seconds: float | None = None) -> None:
        """How an array's numbers are distributed; those that are not finite are left out."""
        finite = np.asarray(values, np.float64).ravel()
        finite = finite[np.isfinite(finite)]
        if finite.size:
            self.add(self.summary.histogram(tag, finite, BINS), step, seconds)

    def image(self, tag: str, pixels: Any, step: int, seconds: float | None = None) -> None:
        """A picture: (height, width, 1, 3 or 4), uint8."""
        pixels = np.asarray(pixels)
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in {1, 3, 4}:
            raise SettingError(
                f"A picture is (height, width, 1, 3 or 4) of uint8; it got {pixels.shape} of {pixels.dtype}."
            )
        self.add(self.summary.image(tag, pixels, dataformats="HWC"), step, seconds)

    def architecture(self, text: str, step: int = 0) -> None:
        """A model's architecture as Keras's JSON: TensorBoard draws it under Graphs, as "Conceptual graph"."""
        metadata = require_package("tensorboardX.proto.summary_pb2", "trackers", "Writing a model's graph")
        tensors = require_package("tensorboardX.proto.tensor_pb2", "trackers", "Writing a model's graph")
        about = metadata.SummaryMetadata(
            plugin_data=metadata.SummaryMetadata.PluginData(plugin_name="graph_keras_model", content=b"1")
        )
        tensor = tensors.TensorProto(dtype="DT_STRING", string_val=[text.encode()])
        value = metadata.Summary.Value(tag="keras", metadata=about, tensor=tensor)
        self.add(metadata.Summary(value=[value]), step)

    def hyperparameters(self, values: dict[str, Any], metrics: dict[str, float]) -> None:
        """What a run was set to, and which scalars it is compared by, for TensorBoard's table HParams."""
        for summary in self.summary.hparams(values, metrics):
            self.add(summary, 0)

    def add(self, summary: Any, step: int, seconds: float | None = None) -> None:
        """Appends one summary to the file."""
        when = time.time() if seconds is None else seconds
        self.file.write_event(self.event_pb2.Event(wall_time=when, step=int(step), summary=summary))

    def flush(self) -> None:
        """Lets TensorBoard see what was written so far."""
        self.file.flush()

    def close(self) -> None:
        """Nothing more will be written."""
        self.file.close()


def weight_pixels(weight: Any) -> np.ndarray | None:
    """A weight as a picture, (height, width, 1) of uint8 from its least number to its greatest; None where it has
    more than two axes longer than 1 and is no picture.

    >>> weight_pixels(np.array([[0.0, 1.0], [2.0, 4.0]]))[..., 0]
    array([[  0,  63],
           [127, 255]], dtype=uint8)
    """
    array = np.nan_to_num(np.squeeze(np.asarray(weight, np.float64)))
    array = array.reshape(1, -1) if array.ndim < 2 else array
    if array.ndim != 2:
        return None
    array = array.T if array.shape[0] > array.shape[1] else array
    low, high = float(array.min()), float(array.max())
    scaled = (array - low) * (255 / (high - low)) if high > low else np.zeros_like(array)
    return scaled.astype(np.uint8)[..., None]

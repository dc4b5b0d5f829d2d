"""Pictures of data, trainings and networks, drawn with matplotlib: one function a figure, from axes to axes.

Every function draws into `ax`, or into a figure of its own when there is none, and returns the axes; `ax.figure` is the
figure. Nothing is shown and no setting of matplotlib's is changed. Figures are transparent and their text is of a grey that
reads on white and on black. `save(ax, "loss.png")` writes one; `svg(ax)` gives it as text for a web page, whose own colour
and font it takes. Colours differ for colour-blind eyes, too.
"""

from chainrule.plots.classification import confusion, confusion_counts, mistakes, most_wrong
from chainrule.plots.convolutions import feature_maps, filters
from chainrule.plots.kernels import histograms, weights
from chainrule.plots.learning import curves, sizes
from chainrule.plots.pictures import digits
from chainrule.plots.sheet import sheet
from chainrule.plots.style import save, svg
from chainrule.plots.surfaces import loss_line, loss_plane
from chainrule.plots.textbook import batch_paths, line_fit, valleys

__all__ = [
    "batch_paths", "confusion", "confusion_counts", "curves", "digits", "feature_maps", "filters", "histograms", "line_fit", "loss_line", "loss_plane",
    "mistakes", "most_wrong", "save", "sheet", "sizes", "svg", "valleys", "weights",
]  # fmt: skip

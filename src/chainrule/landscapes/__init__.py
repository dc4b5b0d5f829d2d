"""The loss around a network's weights: along a line, or on a plane, through the hundreds of thousands of dimensions.

    line(model, x, y)                from the model's weights in a random direction, or to other weights
    plane(model, x, y)               two random directions, scaled neuron by neuron (Li et al. 2018)
    path_plane(model, x, y, path)    the plane in which most of a training's own way lies (its principal components)

Every point is a network of its own, sent forward by the engine's own lines; on JAX all points are one compiled program.
A Dense layer is linear in its weights. So the lowest one, where nearly all the work is, answers once for the centre and
once for each direction, and all points of a plane are sums of these answers.

Nothing here draws: `chainrule.plots.loss_line` and `loss_plane` do.
"""

from chainrule.landscapes.directions import direction
from chainrule.landscapes.surface import Surface
from chainrule.landscapes.training_path import Path, path
from chainrule.landscapes.views import Line, Plane, line, path_plane, plane

__all__ = ["Line", "Path", "Plane", "Surface", "direction", "line", "path", "path_plane", "plane"]

"""Which modules get mutants, and which tests are asked about a mistake in each."""

import ast
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from changes import skip, spots

TESTS = Path(__file__).parents[1]
SOURCE = TESTS.parent / "src" / "chainrule"

# Which tests are asked, in this order, about a mistake in which module.
ASKED = {
    "activations/piecewise": ["activations", "layers", "backprop", "derivatives_at_corners"],
    "activations/smooth": ["activations", "losses", "layers", "backprop", "derivatives_at_corners"],
    "activations/rows": ["activations", "losses", "layers", "backprop"],
    "activations/normal": ["activations"],
    "losses/crossentropy": ["losses_of_keras", "losses", "backprop"],
    "losses/regression": ["losses_of_keras", "losses", "loss_names", "backprop", "metrics"],
    "losses/classification": [
        "losses_of_keras",
        "losses",
        "loss_targets",
        "loss_names",
        "backprop",
        "metrics",
    ],
    "losses/base": [
        "losses_of_keras",
        "losses",
        "more_losses",
        "loss_targets",
        "loss_names",
        "backprop",
        "metrics",
        "derivatives_at_corners",
    ],
    "losses/outputs": ["graph", "backprop"],
    "losses/masked": ["masked_outputs"],
    "losses/distributions": ["losses_of_keras", "more_losses"],
    "losses/focal": ["losses_of_keras", "more_losses"],
    "losses/hinges": ["losses_of_keras", "more_losses", "derivatives_at_corners"],
    "losses/scales": ["losses_of_keras", "more_losses", "derivatives_at_corners"],
    "metrics/accuracies": ["metrics"],
    "regularizers": ["defaults_of_keras", "regularizers", "backprop"],
    "initializers": ["defaults_of_keras", "initializers"],
    "optimizers/accumulation": ["accumulation"],
    "optimizers/moving_average": ["accumulation"],
    "optimizers/base": ["defaults_of_keras", "optimizers", "accumulation", "schedules", "backprop"],
    "optimizers/sgd": ["defaults_of_keras", "optimizers"],
    "optimizers/rmsprop": ["defaults_of_keras", "optimizers"],
    "optimizers/adam": ["defaults_of_keras", "optimizers"],
    "optimizers/adadelta": ["defaults_of_keras", "optimizers"],
    "optimizers/schedules": ["defaults_of_keras", "schedules"],
    "backprop": ["backprop", "graph"],
    "graph": ["graph", "backprop"],
    "arrays": ["arrays", "optimizers", "layers"],
    "layers/dense": ["layers", "backprop"],
    "layers/activation": ["layers", "backprop", "derivatives_at_corners"],
    "layers/dropout": ["layers", "backprop", "noise_layers"],
    "layers/shaping": ["layers", "backprop", "merging"],
    "layers/convolution": ["convolution"],
    "layers/depthwise": ["convolution", "derivatives_at_corners"],
    "layers/transposed_convolution": ["convolution", "derivatives_at_corners"],
    "layers/patches": ["convolution"],
    "layers/window": ["convolution", "pooling"],
    "layers/pooling": ["pooling"],
    "layers/global_pooling": ["pooling", "derivatives_at_corners"],
    "layers/batch_normalization": ["normalization"],
    "layers/layer_normalization": ["normalization"],
    "layers/group_normalization": ["normalization"],
    "layers/data_normalization": ["normalization"],
    "layers/standardization": ["normalization", "derivatives_at_corners"],
    "layers/merging": ["merging"],
    "layers/concatenation": ["merging"],
    "layers/dot_product": ["merging"],
    "layers/margins": ["merging", "layers"],
    "layers/upsampling": ["merging", "layers"],
    "layers/noise": ["noise_layers"],
    "layers/prelu": ["noise_layers", "layers", "derivatives_at_corners"],
    "layers/activity": ["noise_layers", "layers", "derivatives_at_corners"],
    "layers/embedding": ["sequences"],
    "layers/masking": ["sequences"],
    "layers/recurrent": ["recurrent", "derivatives_at_corners"],
    "layers/simple_rnn": ["recurrent"],
    "layers/lstm": ["recurrent", "derivatives_at_corners"],
    "layers/gru": ["recurrent", "derivatives_at_corners"],
    "layers/gate_dropout": ["recurrent"],
    "layers/bidirectional": ["sequences", "recurrent", "layers_inside"],
    "layers/time_distributed": ["sequences", "recurrent", "layers_inside"],
    "layers/wrapper": ["sequences", "recurrent", "layers_inside", "derivatives_at_corners"],
    "layers/attention": ["attention", "derivatives_at_corners"],
    "layers/additive_attention": ["attention"],
    "layers/multi_head_attention": ["attention", "derivatives_at_corners"],
    "layers/looking_up": ["attention"],
    "layers/positional_embedding": ["attention", "sequences"],
    "layers/scan": ["recurrent"],
    "layers/stateful": ["stateful", "recurrent"],
    "layers/operation_rules": ["arithmetic_in_networks", "derivatives_at_corners"],
    "layers/added_loss": ["added_losses", "derivatives_at_corners"],
    "layers/random_pictures": ["random_pictures", "derivatives_at_corners"],
    "layers/resizing": ["random_pictures", "derivatives_at_corners"],
}
for _module, _asked in ASKED.items():
    if _module.startswith("layers/"):
        _asked += [
            "layer_values",
            "layer_settings",
        ]  # what single settings do; every layer's settings, shapes, refusals
NO_ARITHMETIC = {
    "layers/__init__", "layers/base", "layers/calls_while_learning", "layers/naming", "layers/symbolic", "layers/merge_functions", "layers/weighted",
    "layers/weight_lists", "layers/derived", "layers/any_size", "layers/unsupported", "layers/input_spec", "optimizers/__init__", "optimizers/ranges", "optimizers/scalars",
    "layers/captured", "layers/cells", "layers/composed", "layers/constant", "layers/operation", "layers/arithmetic", "layers/shapes_and_masks", "layers/lookup", "layers/text_vectorization",
    "activations/with_settings", "losses/lowest", "activations/__init__", "losses/__init__", "losses/own", "losses/fused",
}  # fmt: skip


# The functions that are derivatives: backward, gradients, d_softmax, cell_backward, ...
DERIVATIVE = re.compile(r"backward\w*|\w+_backward|\w*gradients?|d_\w+|\w*derivatives?|sweep_back")


class Mutant(NamedTuple):
    """A module, the number of the change among all its changes, and what it is, where. function: the innermost one."""

    module: str
    number: int
    line: int
    words: str
    was: str
    function: str = ""

    @property
    def derivative(self) -> bool:
        """Whether the change is in a derivative."""
        return DERIVATIVE.fullmatch(self.function) is not None

    @property
    def key(self) -> str:
        """How the list of harmless mutants names it: module, text of the line, change."""
        return f"{self.module} | {self.was} | {self.words}"

    def __str__(self) -> str:
        return f"{self.module}.py:{self.line}: {self.words}    in: {self.was}"


def parsed(module: str) -> tuple[ast.Module, list[str]]:
    """A module's tree and its lines."""
    text = (SOURCE / f"{module}.py").read_text(encoding="utf-8")
    tree = ast.parse(text)
    skip(tree)
    return tree, text.splitlines()


def mutants_of(module: str) -> list[Mutant]:
    """All mutants of one module; where a line has the same change at several places, they are numbered."""
    tree, lines = parsed(module)
    made: list[Mutant] = []
    counted: Counter[tuple[int, str]] = Counter()
    inside = {
        id(node): part.name
        for part in ast.walk(tree)  # outer functions first
        if isinstance(part, ast.FunctionDef)
        for node in ast.walk(part)
    }
    for k, spot in enumerate(spots(tree)):
        line = getattr(spot.node, "lineno", 1)
        counted[line, spot.words] += 1
        again = counted[line, spot.words]
        words = spot.words if again == 1 else f"{spot.words} ({again})"
        was = lines[line - 1].split("  #")[0].strip()
        made.append(Mutant(module, k, line, words, was, inside.get(id(spot.node), "")))
    return made


def harmless() -> dict[str, str]:
    """The mutants that change nothing that could be seen, and the reason: lines "module | line | change  # reason"."""
    entries = {}
    for line in (Path(__file__).parent / "harmless.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            key, reason = line.rsplit("  # ", 1)
            entries[key.strip()] = reason.strip()
    return entries

"""What an object says about an attribute that Keras's objects of its kind have and it does not.

A class names its kind in Keras, and asks for the sentence where an attribute is missing:

    class Optimizer(AbsentMembers):
        kind_in_keras = "Optimizer"

What is raised is an AttributeError, so that `hasattr` answers False; any other missing name gets Python's own words.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from chainrule.errors import AbsentNameError

BY_HAND = (
    "derivatives are written out here, so a loop of your own is train_on_batch(x, y), or fit with callbacks"
)
OWN_WEIGHTS = "a layer of your own makes its weights in init(rng, input_shape), which returns them by name"
FLOAT32 = "all layers work in float32"
NOT_QUANTIZED = "chainrule export --int8 writes a model of small numbers"
FILES = "save and load_model write and read files that Keras opens"

# Of each kind: names, and what to use instead ("" where there is nothing).
MEMBERS: dict[str, dict[str, str]] = {
    "Layer": dict.fromkeys(("add_weight", "add_variable", "add_metric"), OWN_WEIGHTS)
    | dict.fromkeys(("add_loss", "losses"), "penalties are kernel_regularizer=, activity_regularizer= or ActivityRegularization")
    | dict.fromkeys(("dtype", "compute_dtype", "variable_dtype", "input_dtype", "dtype_policy", "autocast"), FLOAT32)
    | dict.fromkeys(("quantize", "quantized_call", "quantized_build", "quantization_mode", "quantization_config", "enable_lora",
                     "lora_alpha", "lora_enabled", "lora_rank"), NOT_QUANTIZED)
    | dict.fromkeys(("stateless_call", "call", "symbolic_call", "rematerialized_call"), "layer(x) answers; forward(params, x, context) is its formula")
    | dict.fromkeys(("load_own_variables", "save_own_variables", "build_from_config", "get_build_config"), FILES)
    | dict.fromkeys(("get_input_at", "get_output_at", "inbound_nodes", "outbound_nodes"), "layer.input and layer.output, of the layer's first place")
    | dict.fromkeys(("updates", "state_updates"), "running averages are part of non_trainable_weights, and change by themselves")
    | dict.fromkeys(("metrics", "metrics_variables", "path", "supports_jit", "supports_masking", "input_spec", "compute_output_spec",
                     "compute_mask", "compute_output_shape", "call_signature_parameters", "variable_serialization_spec",
                     "activity_regularizer"), ""),
    "Model": dict.fromkeys(("train_step", "compute_loss", "stateless_compute_loss", "compute_loss_and_updates", "compute_metrics",
                            "get_metrics_result", "make_train_function", "train_function"), BY_HAND)
    | dict.fromkeys(("test_step", "test_function", "make_test_function"), "evaluate(x, y) and test_on_batch(x, y)")
    | dict.fromkeys(("predict_step", "predict_function", "make_predict_function", "call", "stateless_call"), "predict(x) or model(x)")
    | dict.fromkeys(("metrics", "metrics_variables"), "evaluate(x, y, return_dict=True) and fit's history hold the figures; they begin anew by themselves")
    | dict.fromkeys(("run_eagerly", "jit_compile", "steps_per_execution", "rematerialized_call", "jax_state_sync"), "compile(backend=) chooses how it is computed")
    | dict.fromkeys(("get_state_tree", "set_state_tree"), "get_weights, set_weights, and model.save for the optimizer's memory")
    | dict.fromkeys(("get_compile_config", "compile_from_config", "compiled"), FILES)
    | dict.fromkeys(("compiled_loss", "compiled_metrics"), "train_on_batch(x, y) and evaluate(x, y, return_dict=True) compute them")
    | {"to_yaml": "to_json", "submodules": "layers"},
    "Optimizer": dict.fromkeys(("minimize", "get_gradients", "get_updates", "compute_gradients", "apply_gradients", "stateless_apply", "update_step", "build", "built"), BY_HAND)
    | dict.fromkeys(("variables", "weights", "get_weights", "set_weights", "load_own_variables", "save_own_variables", "finalize_variable_values"),
                    "the memory belongs to the model: model.save keeps it, and explain shows it")
    | dict.fromkeys(("add_variable", "add_variable_from_reference", "add_optimizer_variables", "assign", "assign_add", "assign_sub"),
                    "an optimizer of your own names what it remembers in slots, and writes rule(c, g, w, *remembered)")
    | dict.fromkeys(("scale_loss", "loss_scale_factor"), FLOAT32),
    "Metric": dict.fromkeys(("count", "stateless_update_state", "stateless_result", "stateless_reset_state"),
                            "a metric of your own writes counts(y, p), which are added up, and figure(counts)"),
    "Loss": {"fn": "loss(y_true, y_pred) is the function", "dtype": FLOAT32},
}  # fmt: skip
MEMBERS["Model"] = MEMBERS["Layer"] | MEMBERS["Model"]


class AbsentMembers:
    """An object of a kind that Keras has, too: what Keras's has and this one has not is refused in a sentence."""

    kind_in_keras: ClassVar[str]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise missing_member(self, name)


def missing_member(thing: Any, name: str) -> AttributeError:
    """The error for an attribute that an object does not have.

    >>> class Adam(AbsentMembers):
    ...     kind_in_keras = "Optimizer"
    >>> hasattr(Adam(), "variables")
    False
    >>> Adam().variables                                             # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    chainrule.errors.AbsentNameError: Adam has no 'variables' as Keras's has; the memory belongs to the model: ...
    """
    instead = MEMBERS[type(thing).kind_in_keras].get(name)
    if instead is None:
        raise AttributeError(
            f"{type(thing).__name__!r} object has no attribute {name!r}", name=name, obj=thing
        )
    way_out = f"; {instead}" if instead else ""
    return AbsentNameError(f"{type(thing).__name__} has no {name!r} as Keras's has{way_out}.")

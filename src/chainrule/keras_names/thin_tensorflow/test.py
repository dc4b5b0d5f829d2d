"""`tf.test`: there is one device, the processor."""

from typing import Any

from chainrule.keras_names.thin_tensorflow.instead import missing

__all__ = ["gpu_device_name", "is_built_with_cuda", "is_built_with_gpu_support", "is_gpu_available"]


def gpu_device_name() -> str:
    """No accelerator has a name here."""
    return ""


def is_built_with_cuda() -> bool:
    """False: TensorFlow's CUDA is not here."""
    return False


def is_built_with_gpu_support() -> bool:
    """False: TensorFlow's accelerators are not here."""
    return False


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: Any = None) -> bool:
    """False: a script that asks for an accelerator goes on without."""
    return False


def __getattr__(name: str) -> Any:
    raise missing("tensorflow.test", name)

"""What is called while a model learns. Keras's names, hooks and settings.

A callback sees `self.model` and `self.params` and overrides the hooks it needs; `logs` is a dict of figures.
Hooks per batch run the loop one step at a time, which costs speed; hooks per epoch cost nothing.
"""

from typing import TYPE_CHECKING

from chainrule.callbacks.backups import BackupAndRestore
from chainrule.callbacks.base import Callback, CallbackList, History, LambdaCallback
from chainrule.callbacks.monitors import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from chainrule.callbacks.rates import LearningRateScheduler
from chainrule.callbacks.records import CSVLogger, TerminateOnNaN
from chainrule.callbacks.tensorboard import TensorBoard
from chainrule.internal import absent

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
]


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("callbacks", __all__)

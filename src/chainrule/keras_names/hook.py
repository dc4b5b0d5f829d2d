"""The import hook: `import keras` finds Chainrule in this process, and a TensorFlow that is installed is left alone."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Collection, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from chainrule.errors import AbsentImportError, AbsentModuleError, AbsentNameError, nearest
from chainrule.internal.absent import is_imported, keras_names, sentence
from chainrule.internal.absent import way_out as way_out_of_keras
from chainrule.keras_names import modules
from chainrule.keras_names.notes import Notes
from chainrule.keras_names.thin_tensorflow.instead import way_out
from chainrule.keras_names.unused import Unused

HERE = "chainrule.keras_names."
TENSORFLOW = HERE + "thin_tensorflow"
OURS = ("keras", "keras_preprocessing", "tf_keras", "tensorflow")  # the packages that are answered
PARTS = {  # modules of `tensorflow` itself, and the file in which each is
    part: part for part in ("compat", "config", "data", "math", "nn", "random", "test", "train")
} | {"python.client": "devices", "compat.v1": "v1"}
OF_KERAS = ("initializers", "losses", "metrics", "optimizers")  # TensorFlow 2 has these beside tf.keras, too


class Face(ModuleType):
    """A module under one of Keras's names. Its names are those of its homes, and every other is refused in a sentence."""

    homes: tuple[str, ...] = ()
    place = ""
    unused: frozenset[str] = frozenset()  # names that the script imports from here and never uses
    strict = False  # only Keras 3's names
    say: Callable[[str], object] = staticmethod(print)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        today = None if self.strict else modules.NAMES.get(self.place.partition(".")[0], {}).get(name)
        if self.holds(name) and not today and (found := submodule(f"{self.__name__}.{name}")):
            return found
        if name == "tf" and self.place.startswith("backend") and not self.strict:
            return submodule("tensorflow")  # scripts took it from here
        found, problem = self.in_homes(today or name)
        if problem is None:
            if today:
                self.say(f"{self.place}.{name} is called {today} today.")
            return found
        refusal = (
            str(problem)
            if isinstance(problem, AbsentNameError)
            and (name not in keras_names(self.place) or modules.split(self.__name__) is None)
            else sentence(self.place, name, self.__dir__())
        )
        imported = is_imported(sys._getframe(1))  # noqa: SLF001
        if imported and name in self.unused:
            return Unused(refusal)
        raise (AbsentImportError if imported else AbsentNameError)(refusal)

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        """keras.layers.merge was a function in Keras 1, and a module in Keras 2."""
        if self.place != "layers.merge" or self.strict:
            raise TypeError(f"{self.__name__} is a module; it cannot be called.")
        return self.merge(*arguments, **settings)

    def in_homes(self, name: str) -> tuple[Any, Exception | None]:
        """What a name is in the first home that has it; or the first home's refusal."""
        problem: Exception | None = None
        for home in self.homes:
            try:
                found = getattr(importlib.import_module(home), name)
                # how our folders are called is no name of Keras
                if not isinstance(found, ModuleType) or self.holds(name) or name in names_of(home):
                    return found, None
                problem = problem or AttributeError(name)
            except AttributeError as first:  # the refusal that says what to use instead
                problem = first if problem is None or "instead" not in str(problem) else problem
            except ModuleNotFoundError as first:
                if first.name != home:
                    raise
        return None, problem or AttributeError(name)

    def holds(self, name: str) -> bool:
        """Whether a name is a module of the table."""
        if self.__name__ == "tensorflow":
            return name in ("keras", *PARTS, *OF_KERAS)
        place = f"{self.place}.{name}" if self.place else name
        return place in modules.CURRENT or place in modules.OLD

    def __dir__(self) -> list[str]:
        return sorted({name for home in self.homes[:1] for name in names_of(home)})

    @property
    def __all__(self) -> list[str]:
        return [name for name in self.__dir__() if not name.startswith("_")]


def names_of(home: str) -> list[str]:
    """What a module offers to `import *`."""
    try:
        module = importlib.import_module(home)
    except ImportError:
        return []
    return list(getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")]))


def submodule(name: str) -> ModuleType | None:
    """A module of the table by its full name, imported; None where there is none."""
    try:
        return importlib.import_module(name)
    except AbsentImportError:
        return None


class Finder(MetaPathFinder, Loader):
    """Answers imports of Keras's modules.

    strict: only those that Keras 3 has.  unused: what the script imports and never uses, as (module, name).
    """

    def __init__(
        self, notes: Notes, strict: bool = False, unused: Collection[tuple[str, str]] = frozenset()
    ) -> None:
        self.notes, self.strict, self.unused = notes, strict, unused

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A spec for each module that is ours to answer; an error for those of Keras and TensorFlow that are not here."""
        if fullname.partition(".")[0] not in OURS:
            return None
        if self.homes(fullname) is None and not self.in_vain(fullname):
            raise AbsentModuleError(refusal(fullname), name=fullname)
        spec = ModuleSpec(fullname, self, is_package=True)
        spec.submodule_search_locations = []
        return spec

    def homes(self, fullname: str) -> tuple[str, ...] | None:
        """Where the names of a module come from; None where it is not here."""
        found = modules.split(fullname)
        if found is None:
            return (TENSORFLOW,) if fullname in ("tensorflow", "tensorflow.python") else thin(fullname)
        homes = modules.CURRENT.get(found[1])
        if homes is None and not self.strict:
            homes = modules.OLD.get(found[1])
        if homes is None:
            return None
        homes = tuple(HERE + home[1:] if home.startswith("+") else home for home in homes)
        homes = tuple(home for home in homes if not (self.strict and home.startswith(HERE)))
        return homes if importlib.util.find_spec(homes[0]) is not None else None

    def in_vain(self, fullname: str) -> bool:
        """Whether a module is imported only for names that are never used; or holds one that is."""
        asked = {module for module, _ in self.unused}
        return not self.strict and any(
            module == fullname or module.startswith(fullname + ".") for module in asked
        )

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty face, or for `tensorflow` and its parts one with a few names."""
        face = Face(spec.name)
        face.strict, face.say = self.strict, self.notes.say
        if not self.strict:
            face.unused = frozenset(name for module, name in self.unused if module == spec.name)
        face.homes = self.homes(spec.name) or ()
        found = modules.split(spec.name)
        face.place = found[1] if found else spec.name.partition(".")[2]
        return face

    def exec_module(self, module: ModuleType) -> None:
        """Says of a place that Keras no longer has what it is called today."""
        found = modules.split(module.__name__)
        if found and found[1] in modules.OLD and not self.notes.quiet:
            homes = [home for home in modules.OLD[found[1]] if not home.startswith("+")]
            today = homes[0].removeprefix("chainrule.")
            self.notes.say(f"keras.{found[1]} is keras.{today} today.")
        if not found and module.__name__ == "tensorflow":
            self.notes.say(
                "`tensorflow` is Chainrule here: tf.keras and the few names beside it that scripts use.",
                line=False,
            )
            module.__version__ = getattr(importlib.import_module(TENSORFLOW), "__version__")  # noqa: B009
        if found and not found[1]:
            module.__version__ = "3.15.1"


def thin(fullname: str) -> tuple[str, ...] | None:
    """The parts of `tensorflow` itself that are here."""
    part = fullname.removeprefix("tensorflow.")
    if part in OF_KERAS:
        return modules.CURRENT[part]
    if part == "compat.v2":
        return (TENSORFLOW,)
    return (f"{TENSORFLOW}.{PARTS[part]}",) if part in PARTS else None


def refusal(fullname: str) -> str:
    """What is said about a module that is not here.

    >>> refusal("keras.mixed_precision")
    "Keras's mixed_precision is not part of Chainrule; instead: all layers work in float32."
    """
    found = modules.split(fullname)
    if found is not None:
        parent, _, name = found[1].rpartition(".")
        known = [place for place in modules.CURRENT if place]
        if name in keras_names(parent) or way_out_of_keras(found[1]):
            return sentence(parent, name, known)
        guess = nearest(found[1], [*known, *modules.OLD])
        return f"Keras has no module {fullname}." + (f" Did you mean keras.{guess}?" if guess else "")
    way = way_out(fullname.removeprefix("tensorflow."))
    return f"{fullname} is not here: Chainrule stands in for TensorFlow's Keras only" + (
        f". Instead: {way}." if way else "."
    )


def install(notes: Notes, strict: bool = False, unused: Collection[tuple[str, str]] = frozenset()) -> Finder:
    """Puts the hook in place, before all others, and forgets modules of these names that were imported before."""
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    finder = Finder(notes, strict, unused)
    sys.meta_path.insert(0, finder)
    return finder

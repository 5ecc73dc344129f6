"""The families of interchangeable parts, found by listing their folders.

A part is one file. Its file name (underscores written as hyphens) is its name in YAML, and it defines one class, which
derives from the base class of the family. The folder's `__init__` has both. Nothing else has to be told that a part
exists.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Generic, TypeVar

from charnn.errors import UsageError, one_of

T = TypeVar("T")


@dataclass(frozen=True)
class Family(Generic[T]):
    """A folder of interchangeable parts.

    Attributes:
        noun: what messages call a part.
        base: the class that all parts derive from; its package is the folder.
    """

    noun: str
    base: type[T]

    @property
    def package(self) -> str:
        """The folder, as a dotted name; the base class may be in a private file of it."""
        return ".".join(name for name in self.base.__module__.split(".") if not name.startswith("_"))

    def names(self) -> list[str]:
        """The names of all parts, sorted; lists the folder and imports nothing."""
        folder = sys.modules[self.package].__path__
        return sorted(module.name.replace("_", "-") for module in iter_modules(folder) if module.name[0] != "_")

    def load(self, name: str) -> type[T]:
        """The class of the part called `name`.

        Raises:
            UsageError: there is no part of that name; the message lists those that there are.
        """
        if name not in self.names():
            raise UsageError(f"unknown {self.noun} `{name}`{one_of(name, self.names())}")
        module = import_module(f"{self.package}.{name.replace('-', '_')}")
        defined = [
            value
            for value in vars(module).values()
            if isinstance(value, type) and value.__module__ == module.__name__ and issubclass(value, self.base)
        ]
        assert len(defined) == 1, f"{module.__name__} must define one {self.base.__name__}, not {len(defined)}"
        return defined[0]

    def of(self, part: object) -> T:
        """The part itself, which a configuration holds and which is one of this family."""
        assert isinstance(part, self.base)
        return part


def family(path: str) -> Family[Any]:
    """The family of a dotted name, such as `charnn.cells.CELLS`.

    A configuration finds the families by their names, and so imports nothing that is built on it.
    """
    package, _, constant = path.rpartition(".")
    found: Family[Any] = getattr(import_module(package), constant)
    return found


def name_of(part: type) -> str:
    """The name in YAML of the part that a class is: that of its file."""
    return part.__module__.rpartition(".")[2].replace("_", "-")

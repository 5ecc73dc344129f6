"""The families of interchangeable parts, found by listing their folders.

A part is one file; its file name (underscores written as hyphens) is its name in YAML, and its class
`Options` holds the keys that it takes. Nothing else has to be told that it exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from charnn.errors import UsageError, one_of


@dataclass(frozen=True)
class Family:
    """A folder of interchangeable parts."""

    noun: str
    package: str

    def names(self) -> list[str]:
        """The names of all parts, sorted; lists the folder and imports nothing."""
        folder = Path(__file__).parents[1].joinpath(*self.package.split(".")[1:])
        return sorted(
            module.name.replace("_", "-") for module in iter_modules([str(folder)]) if not module.name.startswith("_")
        )

    def load(self, name: str) -> ModuleType:
        """Import the part called `name`.

        Raises:
            UsageError: there is none of that name; the message lists those there are.
        """
        if name not in self.names():
            raise UsageError(f"unknown {self.noun} `{name}`{one_of(name, self.names())}")
        return import_module(f"{self.package}.{name.replace('-', '_')}")


CELLS = Family("cell", "charnn.cells")
STRATEGIES = Family("strategy", "charnn.bptt.strategies")
ENGINES = Family("engine", "charnn.bptt.engines")
OPTIMIZERS = Family("optimizer", "charnn.training.optimizers")
SCHEDULES = Family("schedule", "charnn.training.schedules")
MODELS = Family("Markov model", "charnn.ngrams.models")
FORMATS = Family("format", "charnn.interchange")
GENERATORS = Family("generator", "charnn.data.sources.generators")

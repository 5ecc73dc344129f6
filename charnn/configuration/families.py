"""The families of interchangeable parts, found by listing their folders.

A part is one file. Its file name (underscores written as hyphens) is its name in YAML, and it defines one class, which
derives from the base class that the family's package holds. Nothing else has to be told that the part exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from charnn.errors import UsageError, one_of

if TYPE_CHECKING:  # types alone: at run time a part is found by its name
    from charnn.bptt.engines import Engine
    from charnn.bptt.strategies import Strategy
    from charnn.cells import Cell
    from charnn.interchange import Format
    from charnn.tasks import Task
    from charnn.training.optimizers import Optimizer
    from charnn.training.schedules import Schedule

T = TypeVar("T")


@dataclass(frozen=True)
class Family(Generic[T]):
    """A folder of interchangeable parts.

    Attributes:
        noun: what messages call a part.
        package: the folder, as a dotted name.
        base: the name of the class in the package that all parts derive from.
    """

    noun: str
    package: str
    base: str

    def names(self) -> list[str]:
        """The names of all parts, sorted; lists the folder and imports nothing."""
        folder = Path(__file__).parents[1].joinpath(*self.package.split(".")[1:])
        return sorted(
            module.name.replace("_", "-") for module in iter_modules([str(folder)]) if not module.name.startswith("_")
        )

    def load(self, name: str) -> type[T]:
        """The class of the part called `name`.

        Raises:
            UsageError: there is no part of that name; the message lists those that there are.
        """
        if name not in self.names():
            raise UsageError(f"unknown {self.noun} `{name}`{one_of(name, self.names())}")
        module = import_module(f"{self.package}.{name.replace('-', '_')}")
        base = getattr(import_module(self.package), self.base)
        defined = [
            value
            for value in vars(module).values()
            if isinstance(value, type) and value.__module__ == module.__name__ and issubclass(value, base)
        ]
        assert len(defined) == 1, f"{module.__name__} must define one {self.base}, not {len(defined)}"
        return cast(type[T], defined[0])


def name_of(part: type) -> str:
    """The name in YAML of the part that a class is: that of its file."""
    return part.__module__.rpartition(".")[2].replace("_", "-")


CELLS: Family[Cell] = Family("cell", "charnn.cells", "Cell")
STRATEGIES: Family[Strategy] = Family("strategy", "charnn.bptt.strategies", "Strategy")
ENGINES: Family[Engine] = Family("engine", "charnn.bptt.engines", "Engine")
OPTIMIZERS: Family[Optimizer] = Family("optimizer", "charnn.training.optimizers", "Optimizer")
SCHEDULES: Family[Schedule] = Family("schedule", "charnn.training.schedules", "Schedule")
TASKS: Family[Task] = Family("task", "charnn.tasks", "Task")
FORMATS: Family[Format] = Family("format", "charnn.interchange", "Format")


class _Modules(Family[Any]):
    def load(self, name: str) -> Any:
        return import_module(f"{self.package}.{name.replace('-', '_')}")


MARKOV_MODELS = _Modules("Markov model", "charnn.ngrams.models", "MarkovModel")
GENERATORS = _Modules("generator", "charnn.data.sources.generators", "Generator")

"""charnn: character-level recurrent language models that read like the lecture they come from.

In Python:

    open_run(name)          a training that was done: sample, score, predict
    train(config, {...})    do one, and open it
    ngrams.fit(text)        a Markov model
    nn.LSTM, nn.GRU, ...    recurrent layers for networks of your own

Everything is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from charnn import ngrams, nn
    from charnn.interface.opened import OpenRun, open_run
    from charnn.interface.training import train

__all__ = ["OpenRun", "__version__", "ngrams", "nn", "open_run", "train"]

__version__ = "0.1.0"

_HOMES = {"OpenRun": "interface.opened", "open_run": "interface.opened", "train": "interface.training"}


def __getattr__(name: str) -> Any:
    if name in ("ngrams", "nn"):
        return import_module(f"charnn.{name}")
    if name in _HOMES:
        return getattr(import_module(f"charnn.{_HOMES[name]}"), name)
    raise AttributeError(f"charnn has no {name!r}: see help(charnn)")


def __dir__() -> list[str]:
    return __all__

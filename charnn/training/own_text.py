"""Settings for a text of one's own: from its size, its alphabet, and the time that there is.

The rule, measured on the corpora that docs/own-text.md names:

    F operations in the time that there is, W weights, N characters for training, P passes over them

    6 W (P N) = F,   P N = 7 W    ⟹    W = √(F / 42),   P = 7 W / N

A network reads seven characters for each of its weights. Where P is large, the text is short for such a network: W is
divided by 1 + P / 40, and P follows, at most 100. The more weights there are for each character, the more is left out:
recurrent_dropout = 0.1 log2(1 + 1.2 W / N), at most 0.4, and nothing below W / N = 1/4; output_dropout is twice that,
at most 0.5.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charnn.configuration.anchoring import anchored
from charnn.configuration.reading import config_of
from charnn.configuration.yaml_document import dump_document
from charnn.data.running_text.dataset import read_dataset
from charnn.data.sources.opening import lasts, open_text
from charnn.errors import InputError, UsageError

MINUTES = 5.0
"""The time that a training takes where none is said."""
CHARACTERS_PER_WEIGHT = 7.0
MOST_PASSES = 100.0
MANY_PASSES = 40.0
FEW_WEIGHTS = 0.25
"""So few weights for a character learn nothing by heart."""
OPERATIONS = 6.0
"""Of a weight and a character: a product and a sum, forwards once and backwards twice."""
RESERVE = 0.12
"""The share of the time that is kept for start, validation and checkpoints."""
TAU = 64
_WIDTHS = (32, 48, 64, 96, 128, 160, 192, 224, 256, 288, 320, 384, 448, 512, 576, 640, 768, 896, 1024)
_TRIED, _WARM_UP, _SECONDS = 256, 5, 0.7
_ORDINARY_SPEED = 1e11


_SHORTEST, _FEWEST = 100, 2000
"""Less is refused; and below the second none are kept for validation, because a tenth would say nothing."""


@dataclass(frozen=True)
class OwnText:
    """What the rule knows of a text.

    Attributes:
        source: where it is.
        characters: N, in its training part.
        symbols: V.
        validates: whether a tenth of it is kept for validation.
    """

    source: str
    characters: int
    symbols: int
    validates: bool

    @classmethod
    def read(cls, source: str) -> OwnText:
        """The text of that name.

        Raises:
            UsageError: it can be read only once.
            InputError: there is no such text, or it cannot be used.
        """
        with open_text(source) as opened:
            if not lasts(source):
                raise UsageError(f"{opened.name} can be read only once, and is read twice: put it into a file")
        dataset = read_dataset(source=source, split=(1.0,))
        characters = len(dataset.part("train"))
        if characters < _SHORTEST:
            raise InputError(f"{source} has {characters} characters; to learn from a text, some {_SHORTEST} are needed")
        validates = characters >= _FEWEST
        return cls(source, int(characters * 0.9) if validates else characters, len(dataset.vocabulary), validates)


def chosen_for(source: str, minutes: float) -> dict[str, Any]:
    """The configuration that the rule chooses for a text, as plain values.

    Args:
        source: the text: a path, or the name of a corpus.
        minutes: the time that there is.

    Raises:
        UsageError: the text can be read only once.
        InputError: there is no such text, or it cannot be used.
    """
    text = OwnText.read(source)
    values: dict[str, Any] = anchored(settings_for(text, minutes, measured_speed(text)), (), Path())
    return values


def as_yaml(values: dict[str, Any], source: str, minutes: float) -> str:
    """The configuration as a file, which says what it was chosen for."""
    length = f"{minutes:g} minute{'s' if minutes != 1 else ''}"
    return f"# Chosen for {source} and {length} on this machine.\n{dump_document(values)}"


def settings_for(text: OwnText, minutes: float, speed: float) -> dict[str, Any]:
    """The configuration that the rule chooses, as plain values.

    Args:
        text: the text.
        minutes: the time that there is.
        speed: operations a second (see `measured_speed`).
    """
    operations = speed * 60 * minutes * (1 - RESERVE)
    wanted = math.sqrt(operations / OPERATIONS / CHARACTERS_PER_WEIGHT)
    wanted /= 1 + CHARACTERS_PER_WEIGHT * wanted / text.characters / MANY_PASSES
    hidden = min(_WIDTHS, key=lambda width: abs(math.log(_weights(width, text.symbols) / wanted)))
    passes = operations / (OPERATIONS * _weights(hidden, text.symbols) * text.characters)
    passes = float(f"{min(passes, MOST_PASSES):.2g}")
    share = _weights(hidden, text.symbols) / text.characters
    dropout = min(0.4, round(0.1 * math.log2(1 + 1.2 * share), 2)) if share >= FEW_WEIGHTS else 0.0
    lanes = max(1, min(16 if hidden < 448 else 32, text.characters // (10 * TAU)))
    return {
        "corpus": {"source": text.source, "split": [0.9, 0.1] if text.validates else [1.0]},
        "model": {
            "cell": "lstm",
            "hidden": hidden,
            **({"recurrent_dropout": dropout, "output_dropout": min(0.5, 2 * dropout)} if dropout else {}),
        },
        "bptt": {"strategy": "truncated", "tau": min(TAU, (text.characters - 1) // lanes)},
        "clip": {"by": "norm", "threshold": 1.0},
        "optimizer": {"name": "adamw", "learning_rate": round(min(0.008, 2.56 / hidden), 4)},
        "schedule": {"name": "cosine"},
        "train": {"lanes": lanes, "epochs": passes},
    }


def measured_speed(text: OwnText) -> float:
    """How many operations a second a training on this text makes here, tried for about a second with 256 units.

    Raises:
        InputError: the text cannot be had.
    """
    from charnn.networks.parameters.initialisation import initialise
    from charnn.tasks import read_task
    from charnn.training.processes import ALONE
    from charnn.training.start import build

    values = settings_for(text, minutes=1, speed=_ORDINARY_SPEED)
    config = config_of({**values, "model": {**values["model"], "hidden": _TRIED}})
    trainer = build(config, read_task(config), ALONE)
    initialise(trainer.network, config.model.initialisation, config.train.seed)
    batches = trainer.loader.batches()
    for _ in range(_WARM_UP):
        trainer.step(next(batches))
    begin, characters = time.perf_counter(), 0
    while time.perf_counter() - begin < _SECONDS:
        characters += trainer.step(next(batches)).characters
    seconds = time.perf_counter() - begin
    return OPERATIONS * _weights(_TRIED, text.symbols) * characters / seconds


def _weights(hidden: int, symbols: int) -> int:
    """Of one LSTM layer over one-hot symbols and its output layer, those that are multiplied."""
    return 4 * hidden * hidden + hidden * symbols

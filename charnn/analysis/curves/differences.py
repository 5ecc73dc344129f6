"""What tells runs apart: the keys in which their configurations differ, as short labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from charnn.configuration.config import Config, Key
from charnn.configuration.types import Effect

_LONGEST = 48


def telling_keys(config: Config) -> dict[str, Key]:
    """The keys that can tell runs apart: those with an effect of their own on the weights or the course."""
    return {name: key for name, key in config.keys().items() if key.effect in (Effect.WEIGHTS, Effect.COURSE)}


def differences(configs: Sequence[Config]) -> list[dict[str, Any]]:
    """For each configuration the keys, `section.key`, in which the configurations differ, and its values.

    A key that only some have, because it belongs to the part that they choose, counts where it is not at its default.
    """
    keys = [telling_keys(config) for config in configs]
    names = [name for name in dict.fromkeys(name for own in keys for name in own) if _tells(name, keys)]
    return [{name: own[name].value for name in names if name in own} for own in keys]


def labels(names: Sequence[str], configs: Sequence[Config]) -> list[str]:
    """A short label for each run, such as `cell lstm, tau 16`.

    Runs that do not differ, or in too much to say, are called by their names.
    """
    found = [", ".join(shown(key, value) for key, value in _said(differs)) for differs in differences(configs)]
    if max(map(len, found)) > _LONGEST:
        return list(names)
    times = Counter(found)
    return [
        label if label and times[label] == 1 else f"{label} ({name})" if label else name
        for name, label in zip(names, found, strict=True)
    ]


def _tells(name: str, keys: Sequence[dict[str, Key]]) -> bool:
    having = [own[name] for own in keys if name in own]
    if len(having) == len(keys):
        return any(key.value != having[0].value for key in having)
    return any(key.value != key.default for key in having)


def _said(differs: dict[str, Any]) -> list[tuple[str, Any]]:
    """What is worth saying: what is null only where there is nothing else."""
    given = [(key, value) for key, value in differs.items() if value is not None]
    return given or list(differs.items())


def shown(key: str, value: Any) -> str:
    """A key, `section.key`, and its value, in short."""
    section, _, name = key.partition(".")
    if key == "corpus.source" and value is not None:
        value = Path(value).name
    if isinstance(value, tuple) and len(value) == 1:
        (value,) = value
    text = "null" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return f"{section if name in ('name', 'by') else name} {text}"

"""What tells runs apart: the keys in which their configurations differ, also as short labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from charnn.configuration.config import Config, Key
from charnn.configuration.types import Effect

_LONGEST = 48


def telling_keys(config: Config) -> dict[str, Key]:
    """The keys that can tell runs apart: those with an effect of their own on the weights or the course."""
    return {name: key for name, key in config.keys().items() if key.effect in (Effect.WEIGHTS, Effect.COURSE)}


def differences(configs: Sequence[Config]) -> list[dict[str, Any]]:
    """The keys, by their dotted names, in which configurations differ, with the values that each of them has.

    A key that only some of them have, because it belongs to a part that they choose, counts where it is not at its
    default.
    """
    keys = [telling_keys(config) for config in configs]
    names = [name for name in dict.fromkeys(name for own in keys for name in own) if _differs(name, keys)]
    return [{name: own[name].value for name in names if name in own} for own in keys]


def labels(names: Sequence[str], configs: Sequence[Config]) -> list[str]:
    """A short label for each run, such as `cell lstm, tau 16`.

    Runs that do not differ, or differ in too many keys for a label, are called by their names.
    """
    telling = [in_words(_worth_telling(differs)) for differs in differences(configs)]
    if max(map(len, telling)) > _LONGEST:
        return list(names)
    times = Counter(telling)
    return [
        label if label and times[label] == 1 else f"{label} ({name})" if label else name
        for name, label in zip(names, telling, strict=True)
    ]


def in_words(values: Mapping[str, Any]) -> str:
    """Keys, by their dotted names, and their values, in short."""
    return ", ".join(_key_in_words(key, value) for key, value in values.items())


def _key_in_words(key: str, value: Any) -> str:
    section, _, name = key.partition(".")
    if key == "corpus.source" and value is not None:
        value = Path(value).name
    if isinstance(value, tuple) and len(value) == 1:
        (value,) = value
    text = "null" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return f"{section if name in ('name', 'by') else name} {text}"


def _differs(name: str, keys: Sequence[dict[str, Key]]) -> bool:
    having = [own[name] for own in keys if name in own]
    if len(having) == len(keys):
        return any(key.value != having[0].value for key in having)
    return any(key.value != key.default for key in having)


def _worth_telling(differs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The keys that are set; those that are null only where there are no others."""
    return {key: value for key, value in differs.items() if value is not None} or differs

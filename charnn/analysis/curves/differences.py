"""What tells runs apart: the keys in which their configurations differ, as short labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from charnn.configuration.config import Config
from charnn.configuration.sections import Section

# What follows from another key, and what changes nothing in the weights.
_ASIDE = {
    "corpus.sha256",
    "schedule.horizon",
    "train.device",
    "train.report_every",
    "train.validate_every",
    "train.checkpoint_every",
    "train.checkpoint_minutes",
    "train.sample_at",
    "train.sample_every",
    "train.sample_length",
    "train.sample_temperature",
}

_LONGEST = 48


def differences(configs: Sequence[Config]) -> list[dict[str, Any]]:
    """For each configuration the keys, `section.key`, in which the configurations differ, and its values.

    A key that only some have, because it belongs to the part that they choose, counts where it is not at its default.
    """
    flat = [_flat(config) for config in configs]
    keys = [key for key in dict.fromkeys(key for values in flat for key in values) if key not in _ASIDE]
    told = [key for key in keys if _tells(key, configs, flat)]
    return [{key: values[key] for key in told if key in values} for values in flat]


def labels(names: Sequence[str], configs: Sequence[Config]) -> list[str]:
    """A short label for each run, such as `cell lstm, tau 16`.

    Runs that do not differ, or in too much to say, are called by their names.
    """
    found = [", ".join(_shown(key, value) for key, value in _said(differs)) for differs in differences(configs)]
    if max(map(len, found)) > _LONGEST:
        return list(names)
    times = Counter(found)
    return [
        label if label and times[label] == 1 else f"{label} ({name})" if label else name
        for name, label in zip(names, found, strict=True)
    ]


def _flat(config: Config) -> dict[str, Any]:
    return {
        f"{section}.{key}": value
        for section in Config.SECTIONS
        for key, value in getattr(config, section).model_dump().items()
    }


def _tells(key: str, configs: Sequence[Config], flat: Sequence[dict[str, Any]]) -> bool:
    values = [values[key] for values in flat if key in values]
    if len(values) == len(flat):
        return any(value != values[0] for value in values)
    return any(
        key in values and values[key] != _default(config, key) for config, values in zip(configs, flat, strict=True)
    )


def _default(config: Config, key: str) -> Any:
    section, _, name = key.partition(".")
    chosen: Section = getattr(config, section)
    return type(chosen).model_fields[name].default


def _said(differs: dict[str, Any]) -> list[tuple[str, Any]]:
    """What is worth saying: what is null only where there is nothing else."""
    given = [(key, value) for key, value in differs.items() if value is not None]
    return given or list(differs.items())


def _shown(key: str, value: Any) -> str:
    section, _, name = key.partition(".")
    if key == "corpus.source" and value is not None:
        value = Path(value).name
    if isinstance(value, tuple) and len(value) == 1:
        (value,) = value
    text = "null" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return f"{section if name in ('name', 'by') else name} {text}"

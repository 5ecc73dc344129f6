"""Fresh networks as the command line names them: `--config`, `--set`, `--vary` and `--recurrent`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from charnn.errors import UsageError, one_of

if TYPE_CHECKING:
    from charnn.analysis.gradients.recurrent_scheme import RecurrentScheme
    from charnn.configuration.config import Config


def variants(names: Sequence[str], settings: Sequence[str], variations: Sequence[str]) -> list[tuple[str, Config]]:
    """Each configuration with each combination of varied keys, and a name for it.

    Args:
        names: files or recipes.
        settings: `key=value` overrides for all of them.
        variations: `key=value,value,…`; each value of one is combined with each value of the others.

    Raises:
        UsageError: a variation cannot be read.
        ConfigError: a combination is not a configuration.
    """
    from charnn.configuration.reading import read_config

    axes = [_values(variation) for variation in variations]
    named = []
    for name in names:
        for combination in product(*axes):
            # Where there is one configuration alone, the varied values are name enough.
            parts = [Path(name).stem] if len(names) > 1 or not axes else []
            parts += [setting.partition("=")[2] for setting in combination]
            named.append((" ".join(parts), read_config(name, [*settings, *combination])))
    return named


def _values(variation: str) -> list[str]:
    key, equals, listed = variation.partition("=")
    values = [value.strip() for value in listed.split(",")]
    if not equals or not key.strip() or not all(values):
        raise UsageError(f"--vary takes key=value,value,…, such as model.cell=rnn,gru,lstm, not `{variation}`")
    return [f"{key.strip()}={value}" for value in values]


def parse_recurrent(text: str) -> RecurrentScheme:
    """Read a value of `--recurrent`, such as `orthogonal:0.9`.

    Raises:
        UsageError: it is not a known scheme with a radius.
    """
    from charnn.analysis.gradients.recurrent_scheme import SCHEMES, RecurrentScheme

    scheme, _, number = text.partition(":")
    if scheme not in SCHEMES:
        raise UsageError(f"--recurrent: unknown scheme `{scheme}`{one_of(scheme, SCHEMES)}")
    try:
        radius = float(number)
    except ValueError:
        radius = -1
    if not 0 < radius < 1e6:
        raise UsageError(
            f"--recurrent takes a scheme and a spectral radius above 0, such as {scheme}:0.9, not `{text}`"
        )
    return RecurrentScheme(scheme, radius)

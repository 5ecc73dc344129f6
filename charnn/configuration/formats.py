"""The format that a configuration was written in, so that later keys break no older run.

A run's config.yaml, its checkpoints and its weights say `format: N`. A key that is missing there means what the code
did at that format, and not what a new configuration gets by default today. A key whose default is what the code did
before needs no line here.
"""

from __future__ import annotations

from typing import Any

from charnn.errors import RunError

FORMAT = 2
"""What is written today. 0, which does not say so itself, had no `task`; 1 validated a text in one lane."""

END = "# This is the end of a resolved configuration: what is cut off lacks it.\n"
"""The last line of a run's config.yaml."""

# For each older format the keys, `section.key`, whose default is another one today, and what they meant then.
_DEFAULTS: dict[int, dict[str, Any]] = {1: {"train.validate_lanes": 1}}


def complete(values: dict[str, Any], written: int) -> None:
    """Fill in the keys that are missing in a configuration of an older format."""
    # What a key meant in its own format goes before what it meant later.
    for older in range(written, FORMAT):
        for key, value in _DEFAULTS.get(older, {}).items():
            section, _, name = key.partition(".")
            present = values.setdefault(section, {})
            if isinstance(present, dict):
                present.setdefault(name, value)


def check_format(found: object, name: str) -> int:
    """The format that a file of a run says it has; 0 where it says nothing.

    Raises:
        RunError: a newer charnn wrote it, or it is damaged.
    """
    written = 0 if found is None else found
    if isinstance(written, bool) or not isinstance(written, int) or written < 0:
        raise RunError(f"{name} is damaged: its format is {found!r}, not a number")
    if written > FORMAT:
        raise RunError(f"{name} has format {written}, and this charnn reads up to {FORMAT}: install a newer one")
    return written

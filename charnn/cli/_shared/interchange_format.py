"""The format of a network's file, as the command line names it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from charnn.errors import UsageError

if TYPE_CHECKING:
    from charnn.interchange import Format


def choose_format(name: str | None, path: Path | None) -> Format:
    """The format of that name, or the one whose files end as the path does.

    Raises:
        UsageError: there is none of that name, the path does not tell, or a package is missing.
    """
    from charnn.interchange import FORMATS

    if name is None:
        endings = {FORMATS.load(other).suffix: other for other in FORMATS.names()}
        if path is None or path.suffix not in endings:
            known = ", ".join(f"{other} ({suffix})" for suffix, other in sorted(endings.items()))
            raise UsageError(f"say which format with --format: {known}")
        name = endings[path.suffix]
    chosen = FORMATS.load(name)()
    chosen.check()
    return chosen

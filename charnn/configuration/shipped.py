"""The recipes and manifests that ship with charnn, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path


def shipped_files(folder: str) -> list[Path]:
    """The YAML files of `configs` or `corpora`, by name."""
    package = Path(__file__).parents[1]
    # A wheel carries the two folders inside the package; a checkout has them beside it.
    home = next((home for home in (package / folder, package.parent / folder) if home.is_dir()), package)
    return sorted(home.glob("*.yaml"))


def header_of(path: Path) -> list[str]:
    """The comment that a file begins with, line by line; that of a recipe begins with the command that trains it."""
    lines = takewhile(lambda line: line.startswith("#"), path.read_text(encoding="utf-8").splitlines())
    return [line.removeprefix("#").strip() for line in lines]

"""The recipes and manifests that ship with charnn, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path


def shipped_files(folder: str) -> list[Path]:
    """The YAML files of `configs` or `corpora`, by name."""
    package = Path(__file__).parents[1]
    # A wheel carries the two folders inside the package; a checkout has them beside it.
    home = next((home for home in (package / folder, package.parent / folder) if home.is_dir()), package)
    return sorted(home.glob("*.yaml"))

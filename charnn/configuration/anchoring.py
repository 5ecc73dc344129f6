"""Relative paths in a configuration: they begin at a folder, and are made absolute from there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from charnn.configuration.shipped import shipped_files
from charnn.configuration.yaml_document import KeyPath


def anchored(value: Any, path: KeyPath, folder: Path) -> Any:
    """The value at `path`, with a relative `corpus.source` in it made absolute from `folder`."""
    if isinstance(value, dict):
        return {key: anchored(below, (*path, key), folder) for key, below in value.items()}
    if path == ("corpus", "source") and isinstance(value, str) and _is_path(value):
        return str(folder.absolute() / os.path.expanduser(value))  # noqa: PTH111 (an unknown ~user stays as it is)
    return value


def _is_path(source: str) -> bool:
    """Whether a corpus source is a path, and neither a corpus that ships with charnn nor standard input."""
    return source != "-" and source not in {file.stem for file in shipped_files("corpora")}

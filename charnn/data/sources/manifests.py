"""The manifests that ship with charnn: one YAML file a corpus."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from charnn.configuration.shipped import shipped_files


@dataclass(frozen=True)
class Manifest:
    """What a file of `corpora/` says about a corpus.

    Attributes:
        file: the name of the corpus's file in a folder of corpora and in the cache.
        sources: where to fetch it, in this order (see `charnn.data.sources.fetching`).
        bytes: its length; None where `sha256` is.
        sha256: its SHA-256, which every copy must have; None where copies may differ.
    """

    name: str
    title: str
    author: str
    language: str
    licence: str
    file: str
    sources: list[dict[str, Any]]
    bytes: int | None = None
    sha256: str | None = None


def manifest_files() -> dict[str, Path]:
    """The file of each manifest, by the name of its corpus."""
    return {path.stem: path for path in shipped_files("corpora")}


def read_manifest(path: Path) -> Manifest:
    """Read one manifest."""
    values: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Manifest(name=path.stem, **values)

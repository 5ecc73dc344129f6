"""The manifests that ship with charnn."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from charnn.configuration.shipped import shipped_files
from charnn.data.sources import fetching
from charnn.data.sources.manifests import manifest_files, read_manifest


@pytest.mark.parametrize("path", shipped_files("corpora"), ids=lambda path: path.stem)
def test_every_manifest_is_complete(path: Path) -> None:
    manifest = read_manifest(path)
    assert manifest.title
    assert manifest.licence
    assert set(yaml.safe_load(path.read_text())) >= {"title", "author", "language", "licence", "file", "sources"}
    assert manifest_files()[manifest.name] == path
    assert (manifest.bytes is None) == (manifest.sha256 is None)
    kinds = {*fetching._KINDS, "labelled-lines"}
    assert all(set(source) & kinds for source in manifest.sources)

"""Finding the file of a corpus: in the folders of `$CHARNN_CORPORA`, in the user's cache, then at its sources.

The first copy is taken, and it must have the SHA-256 of the manifest. What was downloaded is kept in the cache.
"""

from __future__ import annotations

import os
from pathlib import Path

from charnn.data.sources.fetching import UnavailableError, fetch
from charnn.data.sources.files import read_file
from charnn.data.sources.manifests import Manifest
from charnn.data.text.text import Text
from charnn.errors import InputError
from charnn.storage.atomic import write_atomically


def cache_folder() -> Path:
    """Where downloaded corpora and encoded texts are kept: `$XDG_CACHE_HOME/charnn`, or `~/.cache/charnn`."""
    home = os.environ.get("XDG_CACHE_HOME")
    return Path(home) / "charnn" if home else Path.home() / ".cache" / "charnn"


def read_corpus(manifest: Manifest) -> Text:
    """The text of a corpus, in memory.

    Raises:
        InputError: no copy is available, or the first one does not have the SHA-256 of the manifest.
    """
    folders = [Path(folder) for folder in os.environ.get("CHARNN_CORPORA", "").split(os.pathsep) if folder]
    for folder in [*folders, cache_folder()]:
        path = folder / manifest.file
        if path.is_file():
            return _verified(manifest, read_file(path), str(path))
    failures = []
    for source in manifest.sources:
        try:
            text = _verified(manifest, fetch(source), source.get("url") or f"`{source}`")
        except UnavailableError as error:
            failures.append(str(error))
            continue
        if "url" in source:
            write_atomically(cache_folder() / manifest.file, text.data)
        return text
    raise InputError(
        f"the corpus {manifest.name} ({manifest.title}) is not available: "
        f"{manifest.file} is in no folder of $CHARNN_CORPORA and not in {cache_folder()}; {'; '.join(failures)}"
    )


def _verified(manifest: Manifest, data: bytes, origin: str) -> Text:
    text = Text.from_bytes(manifest.name, data)
    if manifest.sha256 is not None and text.sha256 != manifest.sha256:
        raise InputError(
            f"{origin} is not the corpus {manifest.name}: it has {text.size:,} bytes with sha256 {text.sha256} "
            f"instead of {manifest.bytes:,} bytes with sha256 {manifest.sha256}; remove or replace it"
        )
    return text

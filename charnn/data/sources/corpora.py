"""Finding the file of a corpus: in the folders of `$CHARNN_CORPORA`, in the user's cache, then at its sources.

The first copy is taken, and it must have the SHA-256 of the manifest. What was downloaded is kept in the cache.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from charnn.data.sources.fetching import UnavailableError, fetch
from charnn.data.sources.files import read_file
from charnn.data.sources.manifests import Manifest, manifest_files, read_manifest
from charnn.data.text.text import Text
from charnn.errors import InputError
from charnn.storage.atomic import write_atomically

_LINES = "labelled-lines"


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
            data = _labelled_lines(source[_LINES]) if _LINES in source else fetch(source)
            text = _verified(manifest, data, source.get("url") or f"`{source}`")
        except (UnavailableError, InputError) as error:
            if isinstance(error, InputError) and _LINES not in source:
                raise
            failures.append(str(error))
            continue
        if "url" in source:
            write_atomically(cache_folder() / manifest.file, text.data)
        return text
    raise InputError(
        f"the corpus {manifest.name} ({manifest.title}) is not available: "
        f"{manifest.file} is in no folder of $CHARNN_CORPORA and not in {cache_folder()}; {'; '.join(failures)}"
    )


def _labelled_lines(corpora: Mapping[str, str]) -> bytes:
    """`labelled-lines`: the lines of other corpora that are not empty, each with the label of its own.

    Args:
        corpora: the name of the corpus of each label.

    Raises:
        InputError: one of them is not available.
    """
    rows = ["line\tlabel"]
    for label, name in corpora.items():
        text = read_corpus(read_manifest(manifest_files()[name])).data.decode()
        rows += [f"{line.strip()}\t{label}" for line in text.replace("\t", " ").split("\n") if line.strip()]
    return ("\n".join(rows) + "\n").encode()


def _verified(manifest: Manifest, data: bytes, origin: str) -> Text:
    text = Text.from_bytes(manifest.name, data)
    if manifest.sha256 is not None and text.sha256 != manifest.sha256:
        raise InputError(
            f"{origin} is not the corpus {manifest.name}: it has {text.size:,} bytes with sha256 {text.sha256} "
            f"instead of {manifest.bytes:,} bytes with sha256 {manifest.sha256}; remove or replace it"
        )
    return text

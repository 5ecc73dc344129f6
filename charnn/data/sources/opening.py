"""The text that `corpus.source` names: standard input, a corpus, or a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

from charnn.data.sources.corpora import read_corpus
from charnn.data.sources.files import exists, read_file, shown_path
from charnn.data.sources.manifests import Manifest, manifest_files, read_manifest
from charnn.data.text.text import Text
from charnn.errors import InputError, one_of
from charnn.storage.scratch import Scratch

STANDARD_INPUT = "standard input"
_BLOCK = 1 << 20


def read_text(source: str) -> Text:
    """Read a text, which may be empty, into memory.

    Args:
        source: the name of a corpus, a path, or `-` for standard input.

    Raises:
        InputError: there is no such text, or it cannot be read.
    """
    if source == "-":
        return Text.from_bytes(STANDARD_INPUT, sys.stdin.buffer.read())
    target = _find(source)
    return (
        read_corpus(target) if isinstance(target, Manifest) else Text.from_bytes(shown_path(target), read_file(target))
    )


def open_text(source: str) -> Text:
    """Open a text, which need not fit into memory.

    Args:
        source: the name of a corpus, a path, or `-` for standard input.

    Raises:
        InputError: there is no such text, it cannot be read, or it is empty.
        CharnnError: it can be read only once (standard input, a pipe), and there is no room for a copy on the disk.
    """
    text = _open(source)
    if not text.size:
        text.file.close()
        raise InputError(f"{text.name} is empty")
    return text


def lasts(source: str) -> bool:
    """Whether a source names the same text later too; standard input and the pipe of a shell, `<(…)`, do not."""
    if source in manifest_files():
        return True
    path = Path(source)
    return path.is_file() and not path.is_relative_to("/dev") and not path.is_relative_to("/proc")


def _open(source: str) -> Text:
    if source == "-":
        return _copied(STANDARD_INPUT, sys.stdin.buffer)
    target = _find(source)
    if isinstance(target, Manifest):
        return read_corpus(target)
    try:
        file = target.open("rb")
        size = os.fstat(file.fileno()).st_size
        # A named pipe, for example, or a file of /proc, whose size is 0 whatever it holds.
        if not file.seekable() or not size:
            with file:
                return _copied(shown_path(target), file)
        return Text(shown_path(target), file, size)
    except OSError as error:
        raise InputError(f"cannot read {target}: {error.strerror}") from None


def _find(source: str) -> Manifest | Path:
    """The manifest of a corpus, or the path of a file.

    Raises:
        InputError: there is neither.
    """
    manifests = manifest_files()
    if source in manifests:
        return read_manifest(manifests[source])
    path = Path(os.path.expanduser(source))  # noqa: PTH111 (an unknown ~user stays as it is)
    if not source or not exists(path):
        raise InputError(
            f"no text `{source and path}`: no such file, and no corpus of that name{one_of(path.name, list(manifests))}"
        )
    if path.is_dir():
        raise InputError(f"{path} is a folder, not a text")
    return path


def _copied(name: str, file: BinaryIO) -> Text:
    """A copy, in a temporary file, of what can be read only once."""
    scratch = Scratch()
    size = 0
    while block := file.read(_BLOCK):
        scratch.write(block)
        size += len(block)
    return Text(name, scratch.hand_over(), size)

"""Where texts come from: a path, standard input, or a corpus that a manifest names.

A manifest names a file by its SHA-256. It is looked for in the folders of `$CHARNN_CORPORA`, then in the
user's cache, then at its sources in turn; every copy is verified before it is used.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
import urllib.request
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.error import URLError

import yaml

from charnn.configuration.families import GENERATORS
from charnn.configuration.shipped import shipped_files
from charnn.data.text.decoding import decode
from charnn.errors import InputError, UsageError, one_of
from charnn.storage.atomic import write_atomically

_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Text:
    """The bytes of a text and the name that messages call it by."""

    name: str
    data: bytes

    @cached_property
    def sha256(self) -> str:
        """The text's SHA-256 in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    def copy_to(self, path: Path) -> None:
        """Write the text to a file, whole or not at all."""
        write_atomically(path, self.data)


@dataclass(frozen=True)
class Manifest:
    """What a file of `corpora/` says of a corpus; `bytes` and `sha256` are null where none is pinned."""

    name: str
    title: str
    author: str
    language: str
    licence: str
    file: str
    sources: list[dict[str, Any]]
    bytes: int | None = None
    sha256: str | None = None


def read_text(source: str) -> Text:
    """The text that `corpus.source` names.

    Raises:
        InputError: there is no such text, it cannot be read, or no copy of it is the one that is meant.
    """
    if source == "-":
        return Text("standard input", sys.stdin.buffer.read())
    found = find_text(source)
    return _find(found) if isinstance(found, Manifest) else Text(name_of(found), _read(found))


def find_text(source: str) -> Manifest | Path:
    """The corpus or the file of that name.

    Raises:
        InputError: there is neither.
    """
    manifests = {path.stem: path for path in shipped_files("corpora")}
    if source in manifests:
        return read_manifest(manifests[source])
    path = Path(os.path.expanduser(source))  # noqa: PTH111 (an unknown ~user stays as it is)
    if not _exists(path):
        raise InputError(
            f"no text `{path}`: no such file, and no corpus of that name{one_of(path.name, list(manifests))}"
        )
    if path.is_dir():
        raise InputError(f"{path} is a folder, not a text")
    return path


def name_of(path: Path) -> str:
    """A path as messages and results show it: bytes that are no UTF-8 and control characters as escapes."""
    text = os.fsencode(path).decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, say
        return False


def read_prime(prime: str | None, file: Path | None) -> str:
    """The text that a sample begins with, from an option or from a file.

    Raises:
        UsageError: both are given.
        InputError: the file cannot be read.
    """
    if prime is not None and file is not None:
        raise UsageError("give --prime or --prime-file, not both")
    if file is None:
        return checked_text(prime or "", "--prime")
    text = read_text(str(file))
    return decode(text.data, text.name) if text.data else ""


def checked_text(text: str, option: str) -> str:
    """A text from the command line, refused where its bytes were no UTF-8.

    Raises:
        UsageError: they were not.
    """
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise UsageError(f"the text of {option} is not UTF-8")
    return text


def read_manifest(path: Path) -> Manifest:
    """Read one manifest that ships with charnn."""
    values: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Manifest(name=path.stem, **values)


def cache_folder() -> Path:
    """Where downloaded corpora are kept: `$XDG_CACHE_HOME/charnn`, or `~/.cache/charnn`."""
    home = os.environ.get("XDG_CACHE_HOME")
    return Path(home) / "charnn" if home else Path.home() / ".cache" / "charnn"


def _find(manifest: Manifest) -> Text:
    """The first copy that can be had, in the order of the module's docstring; a wrong copy ends the search."""
    folders = [Path(folder) for folder in os.environ.get("CHARNN_CORPORA", "").split(os.pathsep) if folder]
    for folder in [*folders, cache_folder()]:
        if (folder / manifest.file).is_file():
            return Text(manifest.name, _verified(manifest, _read(folder / manifest.file), str(folder / manifest.file)))
    failures = []
    for source in manifest.sources:
        try:
            data = _verified(manifest, _fetch(source), source.get("url") or f"`{source}`")
        except _UnavailableError as error:
            failures.append(str(error))
            continue
        if "url" in source:
            write_atomically(cache_folder() / manifest.file, data)
        return Text(manifest.name, data)
    raise InputError(
        f"the corpus {manifest.name} ({manifest.title}) is not at hand: "
        f"{manifest.file} is in no folder of $CHARNN_CORPORA and not in {cache_folder()}; {'; '.join(failures)}"
    )


class _UnavailableError(Exception):
    pass


def _fetch(source: dict[str, Any]) -> bytes:
    if "generator" in source:
        keys = {key: value for key, value in source.items() if key != "generator"}
        return str(GENERATORS.load(source["generator"]).generate(**keys)).encode()
    if "standard-library" in source:
        topics: dict[str, str] = importlib.import_module(source["standard-library"]).topics
        return "".join(topics[topic] for topic in sorted(topics)).encode()
    if "package" in source:
        return _from_package(source)
    try:
        with urllib.request.urlopen(source["url"], timeout=_TIMEOUT_SECONDS) as response:
            return bytes(response.read())
    except (URLError, OSError, ValueError) as error:
        raise _UnavailableError(f"{source['url']} cannot be read ({getattr(error, 'reason', error)})") from None


def _from_package(source: dict[str, Any]) -> bytes:
    """A file of an installed Python package, found without importing (running) the package."""
    folder, _, rest = source["file"].partition("/")
    found = importlib.util.find_spec(folder)
    for location in (found.submodule_search_locations or []) if found else []:
        path = Path(location) / rest
        if path.is_file():
            return _read(path)
    raise _UnavailableError(f"`pip install {source['package']}` brings it")


def _verified(manifest: Manifest, data: bytes, place: str) -> bytes:
    if manifest.sha256 is None:
        return data
    found = hashlib.sha256(data).hexdigest()
    if found != manifest.sha256:
        raise InputError(
            f"{place} is not the corpus {manifest.name}: it has {len(data):,} bytes with sha256 {found}, "
            f"and {manifest.bytes:,} bytes with sha256 {manifest.sha256} are meant; remove or replace it"
        )
    return data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None

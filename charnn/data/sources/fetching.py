"""Fetching a corpus from one of the sources that its manifest lists: one function a kind of source."""

from __future__ import annotations

import importlib
import importlib.util
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError

from charnn.data.sources.files import read_file
from charnn.data.sources.generators import GENERATORS

Source = Mapping[str, Any]
"""An entry of a manifest's `sources`: the key that gives its kind, and further keys of that kind."""

_TIMEOUT_SECONDS = 30


class UnavailableError(Exception):
    """A source does not have the corpus; the message says why, or what would bring it."""


def fetch(source: Source) -> bytes:
    """The bytes of a corpus, not verified.

    Raises:
        UnavailableError: they are not available from this source.
    """
    kind = next(kind for kind in _KINDS if kind in source)
    return _KINDS[kind](source)


def _generate(source: Source) -> bytes:
    """`generator` and the keys of that generator: a text that a program makes."""
    keys = {key: value for key, value in source.items() if key != "generator"}
    return GENERATORS.load(source["generator"])(**keys).generate().encode()


def _from_standard_library(source: Source) -> bytes:
    """`standard-library`: a module with a mapping `topics`, whose values are joined in the order of their keys."""
    topics: dict[str, str] = importlib.import_module(source["standard-library"]).topics
    return "".join(topics[topic] for topic in sorted(topics)).encode()


def _from_package(source: Source) -> bytes:
    """`package` and `file`: a file of an installed Python package, found without importing (running) the package."""
    folder, _, rest = source["file"].partition("/")
    spec = importlib.util.find_spec(folder)
    for location in (spec.submodule_search_locations or []) if spec else []:
        path = Path(location) / rest
        if path.is_file():
            return read_file(path)
    raise UnavailableError(f"it comes with `pip install {source['package']}`")


def _download(source: Source) -> bytes:
    """`url`: a file on a web server."""
    try:
        with urllib.request.urlopen(source["url"], timeout=_TIMEOUT_SECONDS) as response:
            return bytes(response.read())
    except (URLError, OSError, ValueError) as error:
        raise UnavailableError(f"{source['url']} cannot be read ({getattr(error, 'reason', error)})") from None


def _by_hand(source: Source) -> bytes:
    """`by-hand`: what brings the file, where no program can."""
    raise UnavailableError(source["by-hand"])


_KINDS: dict[str, Callable[[Source], bytes]] = {
    "generator": _generate,
    "standard-library": _from_standard_library,
    "package": _from_package,
    "url": _download,
    "by-hand": _by_hand,
}

r"""The vocabulary of another program's network: its symbols in the order of their ids.

As JSON, a list (`["\n", " ", "a"]`; numbers for bytes), a mapping from symbols to ids, or a `vocabulary.json` of
charnn; any other file is a text that holds each character once, in order.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from charnn.configuration.units import NORMAL_FORMS, Unit
from charnn.data.text.decoding import decode
from charnn.data.text.units import units_of_text
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import InputError


def read_symbols(path: Path, count: int) -> tuple[Vocabulary, list[int]]:
    """The vocabulary, in charnn's order, and the id that each of its symbols has in the other program.

    Args:
        path: the file.
        count: how many symbols the network has.

    Raises:
        InputError: the file cannot be read, is not a vocabulary, or has another size.
    """
    listed, normalize = _listed(path)
    if path.suffix != ".json" and len(listed) == count + 1 and listed[-1] == "\n":
        listed.pop()  # the end of the file's only line
    unit, symbols = _encoded(listed, path)
    if len(symbols) != count:
        raise InputError(f"{path} has {len(symbols)} symbols, and the network {count}")
    if len(set(symbols)) < len(symbols):
        twice = next(symbol for number, symbol in enumerate(listed) if symbol in listed[:number])
        raise InputError(f"{path} is not a vocabulary: {twice!r} occurs twice")
    if normalize not in NORMAL_FORMS:
        raise InputError(f"{path} is not a vocabulary of charnn: `{normalize}` is not a normal form")
    order = sorted(range(len(symbols)), key=symbols.__getitem__)
    return Vocabulary(tuple(symbols[number] for number in order), unit, normalize), order


def _listed(path: Path) -> tuple[list[Any], str]:
    """The symbols in the order of their ids, and the normal form that they are in."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    if path.suffix != ".json":
        return list(decode(data, str(path)) if data else ""), "none"
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}") from None
    if isinstance(document, dict) and isinstance(document.get("symbols"), list):
        return document["symbols"], str(document.get("normalize", "none"))
    if isinstance(document, dict):
        if sorted(document.values(), key=str) != sorted(range(len(document)), key=str):
            raise InputError(f"{path} is not a vocabulary: its ids are not the numbers from 0 to {len(document) - 1}")
        return sorted(document, key=document.__getitem__), "none"
    return document if isinstance(document, list) else [], "none"


def _encoded(listed: list[Any], path: Path) -> tuple[Unit, list[bytes]]:
    """The unit, and the symbols as bytes."""
    if listed and all(type(symbol) is int and 0 <= symbol < 256 for symbol in listed):
        return "byte", [bytes([symbol]) for symbol in listed]
    if not listed or not all(isinstance(symbol, str) and symbol for symbol in listed):
        raise InputError(f"{path} is not a vocabulary, which is a list of symbols, or of numbers from 0 to 255")
    try:
        symbols = [symbol.encode() for symbol in listed]
    except UnicodeEncodeError:
        raise InputError(f"{path} is not a vocabulary: it holds half a character, a lone surrogate") from None
    return _unit(listed, path), symbols


def _unit(symbols: list[str], path: Path) -> Unit:
    """Whether symbols are characters or grapheme clusters.

    Raises:
        InputError: one of them is neither.
    """
    if all(len(symbol) == 1 for symbol in symbols):
        return "character"
    for symbol in symbols:
        if len(units_of_text(symbol, "grapheme").codes) != 1:
            raise InputError(
                f"{path}: charnn reads characters, grapheme clusters or bytes, and {symbol!r} is none of them"
            )
    return "grapheme"

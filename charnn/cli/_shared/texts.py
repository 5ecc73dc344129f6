"""Texts that options give, directly or as the name of a file."""

from __future__ import annotations

from pathlib import Path

from charnn.errors import UsageError


def read_prime(prime: str | None, file: Path | None) -> str:
    """The text that a sample begins with, from `--prime` or from `--prime-file`; empty if neither is given.

    Raises:
        UsageError: both are given, or the text of `--prime` is not UTF-8.
        InputError: the file cannot be read, or is not UTF-8.
    """
    from charnn.data.sources.opening import read_text
    from charnn.data.text.decoding import decode

    if prime is not None and file is not None:
        raise UsageError("give --prime or --prime-file, not both")
    if file is None:
        return checked_text(prime or "", "--prime")
    text = read_text(str(file))
    return decode(text.data, text.name) if text.size else ""


def checked_text(text: str, option: str) -> str:
    """The text of an option, which must be UTF-8.

    Raises:
        UsageError: it is not.
    """
    # Python turns bytes of the command line that are not UTF-8 into lone surrogates.
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise UsageError(f"the text of {option} is not UTF-8")
    return text

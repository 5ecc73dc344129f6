"""Texts that options give, directly or as the name of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charnn.cli._shared.terminal import console
from charnn.errors import UsageError

if TYPE_CHECKING:
    from charnn.runs.text import RunText


def read_prime(prime: str | None, file: str | None, encoding: str) -> str:
    """The text that a sample begins with, from `--prime` or from `--prime-file`; empty if neither is given.

    Args:
        prime: the text.
        file: a path, a corpus or `-`.
        encoding: that of the file: the run's own.

    Raises:
        UsageError: both are given, or the text of `--prime` is not UTF-8.
        InputError: the file cannot be read, or is not in this encoding.
    """
    from charnn.data.sources.opening import read_text
    from charnn.data.text.decoding import EncodingError, decode

    if prime is not None and file is not None:
        raise UsageError("give --prime or --prime-file, not both")
    if file is None:
        return checked_text(prime or "", "--prime")
    text = read_text(file)
    try:
        return decode(text.data, text.name, encoding) if text.size else ""
    except EncodingError as error:
        raise error.for_run(encoding) from None


def note_left_out(text: RunText) -> None:
    """Say how many characters of a text the model does not know, where there are some."""
    if text.left_out:
        whole = len(text.ids) + text.left_out
        console().print(f"{text.left_out:,} of {whole:,} characters of {text.name} are left out", markup=False)


def checked_text(text: str, option: str) -> str:
    """The text of an option, which must be UTF-8.

    Raises:
        UsageError: it is not.
    """
    # Python turns bytes of the command line that are not UTF-8 into lone surrogates.
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise UsageError(f"the text of {option} is not UTF-8")
    return text

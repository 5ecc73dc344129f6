"""The units that a text can be cut into, and the normal forms that it can be brought into.

This is the one list of them: the schema of a configuration, the options of the command line, the checks of files and
the messages take their choices from here.
"""

from __future__ import annotations

from typing import Literal, get_args

Unit = Literal["character", "grapheme", "byte"]
"""What a network reads: a code point, a grapheme cluster or a byte."""

NormalForm = Literal["none", "NFC", "NFKC", "persian"]
"""A Unicode normal form; `persian`, which folds in addition what Arabic keyboards write; or `none`."""

UNITS: tuple[Unit, ...] = get_args(Unit)
NORMAL_FORMS: tuple[NormalForm, ...] = get_args(NormalForm)

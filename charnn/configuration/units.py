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

CellUnit = Literal["character", "grapheme", "byte", "token"]
"""What a cell of a table is cut into; a token is what stands between blanks."""

SymbolUnit = Literal["character", "grapheme", "byte", "token", "label"]
"""What the symbols of a vocabulary are; a label is a whole cell."""

SYMBOL_UNITS: tuple[SymbolUnit, ...] = get_args(SymbolUnit)
UNITS: tuple[Unit, ...] = get_args(Unit)
NORMAL_FORMS: tuple[NormalForm, ...] = get_args(NormalForm)

"""What an n-gram can be made of, and the rules that say what a word is."""

from __future__ import annotations

from typing import Literal

from charnn.configuration.units import Unit

Level = Literal["word", Unit]
"""What the symbols of an n-gram are: words, or one of the units of a text."""

Tokenizer = Literal["letters", "unicode-words", "whitespace"]
"""The name of a rule that cuts a text into words; `charnn.data.text.words` holds the rules."""

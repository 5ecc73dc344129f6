"""Texts that a program is likely to stumble over, drawn from all that Unicode, encodings and files can hold."""

from __future__ import annotations

from random import Random

# What joins, divides, turns round, counts back or cannot be seen.
PIECES = [
    *("a", "B", "é", "ß", "İ", "ﬁ", "Σ", "1", "٣", "½", " ", "\t", "\u00a0", "\u3000", ".", ",", "'", "’", '"', "·"),
    *("_", "\n", "\r", "\r\n", "\n\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", ":", "\\", "[b]", "{"),
    *("\u0301", "\u0323", "\u0345", "\u05b0", "\u3099", "\u20dd", "\ufe0f", "\u093f", "\u0e33", "\u0600", "\u0d4e"),
    *("\u200c", "\u200d", "\u00ad", "\u2060", "\ufeff", "\u200b", "\u200e", "\u200f", "\u202e", "\u2066", "\u2069"),
    *("\U0001f1ee", "\U0001f1f7", "\U0001f469", "\U0001f3fd", "\u2764\ufe0f", "\U0001f469\u200d\U0001f4bb"),
    *("1\ufe0f\u20e3", "می\u200cخواهم", "اَیُّهَا", 'צה"ל', "我愛你", "すもも", "ภาษาไทย", "\u1112\u1161\u11ab", "한"),
    *("\u0915\u094d\u0937\u093f", "\x00", "\x1b[31m", "\x07", "\x7f", "\ufffd", "\uffff", "\U000e0061", "\U0010ffff"),
    *("%s", "\u1cf5", "\u0915"),
]  # fmt: skip
BROKEN = [b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\x80", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"]


def adversarial_text(chance: Random, most: int) -> bytes:
    """A text of up to so many bytes; one in five is not UTF-8, and one in five holds a zero byte."""
    size, parts = chance.randint(0, most), list[bytes]()
    few = chance.sample(PIECES, chance.randint(1, 6)) if chance.random() < 0.5 else PIECES
    while size > 0:
        kind = chance.random()
        if kind < 0.7:
            piece = chance.choice(few)
        elif kind < 0.95:
            piece = chr(chance.choice([chance.randrange(0xD800), chance.randrange(0xE000, 0x110000)]))
        else:
            piece = chance.choice(few) * chance.randint(2, 400)
        parts.append(piece.encode())
        size -= len(parts[-1])
    if chance.random() < 0.2 and parts:
        parts.insert(chance.randrange(len(parts)), chance.choice(BROKEN))
    text = b"".join(parts)
    return text if chance.random() < 0.2 else text.replace(b"\0", b"")

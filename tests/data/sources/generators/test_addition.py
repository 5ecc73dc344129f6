"""The generated table of sums: every row is right, and its columns say which rows are the same sum."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from pydantic import ValidationError

from charnn.data.sources.generators.addition import Addition


def rows(table: str) -> list[tuple[str, str, str]]:
    header, *lines = table.splitlines()
    assert header == "sum\tresult\tpair"
    return [(a, b, c) for a, b, c in (line.split("\t") for line in lines)]


@pytest.mark.parametrize("backwards", [False, True])
def test_every_row_is_a_right_sum(backwards: bool) -> None:
    found = rows(Addition(digits=3, sums=5000, seed=1, reversed=backwards).generate())
    assert len({text for text, _, _ in found}) == 5000
    for text, result, pair in found:
        a, b = map(int, text.split("+"))
        assert text == f"{a}+{b}", "no leading zeros"
        assert int(result[::-1] if backwards else result) == a + b
        assert pair == "+".join(map(str, sorted((a, b))))


def test_mirrors_occur_and_share_their_pair() -> None:
    found = rows(Addition(digits=2, sums=4000, seed=1).generate())
    sizes = Counter(pair for _, _, pair in found)
    assert max(sizes.values()) == 2
    mirrored = {text for text, _, _ in found} & {"+".join(reversed(text.split("+"))) for text, _, _ in found}
    assert all(sizes[pair] == 2 for text, _, pair in found if text in mirrored and len(set(text.split("+"))) == 2)


def test_short_numbers_are_not_rare() -> None:
    found = rows(Addition(digits=18, sums=4000, seed=1).generate())
    lengths = Counter(len(number) for text, _, _ in found for number in text.split("+"))
    assert sorted(lengths) == list(range(1, 19))
    expected = 8000 / 18
    assert sum((count - expected) ** 2 / expected for count in lengths.values()) < 17 + 4 * math.sqrt(2 * 17)


def test_the_seed_decides() -> None:
    one, again, other = (Addition(digits=3, sums=50, seed=seed).generate() for seed in (1, 1, 2))
    assert one == again != other


def test_more_sums_than_can_be_drawn_are_refused() -> None:
    assert len(rows(Addition(digits=1, sums=50, seed=1).generate())) == 50
    with pytest.raises(ValidationError, match="must not exceed half of the 100 sums that there are"):
        Addition(digits=1, sums=51, seed=1)

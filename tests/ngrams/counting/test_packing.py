"""Orders that a text can have, and words of keys. `test_table` holds keys against tuples."""

from __future__ import annotations

import pytest

from charnn.errors import InputError, UsageError
from charnn.ngrams.counting.packing import Packing, check_order


def test_an_order_must_be_positive_and_fit_the_text() -> None:
    check_order(3, 3)
    with pytest.raises(UsageError, match="at least 1, not 0"):
        check_order(0)
    with pytest.raises(InputError, match="4, is larger than the text, which has 3"):
        check_order(4, 3)


@pytest.mark.parametrize(("base", "digits"), [(2, 64), (1 << 16, 4), ((1 << 16) + 1, 3), ((1 << 32) - 1, 2)])
def test_a_word_holds_as_many_digits_as_fit(base: int, digits: int) -> None:
    assert Packing(100, base).digits_per_word == digits
    assert sum(map(len, Packing(100, base).words)) == 100

"""Bits and perplexity of a loss."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from charnn.evaluation.measures import bits, perplexity


def test_a_choice_among_n_symbols_has_perplexity_n() -> None:
    assert perplexity(math.log(65)) == pytest.approx(65, rel=1e-12)
    assert bits(math.log(8)) == pytest.approx(3, rel=1e-12)


@pytest.mark.parametrize(
    ("nats", "expected"),
    [(0.0, 1.0), (700.0, math.exp(700)), (700.1, math.inf), (1e9, math.inf), (math.inf, math.inf)],
)
def test_a_perplexity_that_no_float_holds_is_infinite(nats: float, expected: float) -> None:
    assert perplexity(nats) == expected


def test_what_is_not_a_number_stays_so() -> None:
    assert math.isnan(perplexity(math.nan))


def test_measures_need_no_torch() -> None:
    code = "import sys, charnn.evaluation.measures; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)

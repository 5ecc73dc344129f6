"""The plan is free of torch; the recurrence finds its engines by their files."""

from __future__ import annotations

import pytest
from charnn.bptt.recurrence import describe, engine

from charnn.bptt.engines import autograd, manual, native
from charnn.errors import UsageError
from charnn.kernels.library import kernels
from tests.models import random_cell


def test_engines_are_found_by_name() -> None:
    assert engine("autograd") is autograd.run
    assert engine("manual") is manual.run
    assert engine("native") is native.run
    assert engine() is native.run


def test_an_unknown_engine_is_refused_with_the_list() -> None:
    with pytest.raises(
        UsageError, match="unknown engine `manua` .did you mean `manual`.*there are: autograd, graph, manual, native"
    ):
        engine("manua")


def test_an_engine_says_what_it_runs_on() -> None:
    cell = random_cell("lstm", 3, 4)
    assert describe("auto", cell) == describe("native", cell) == f"{kernels().variant} kernels"
    assert describe("autograd", cell) == "autograd engine"
    assert describe("graph", cell) == "manual engine (graphs are recorded on CUDA alone, not on cpu)"
    half = cell.bfloat16()
    assert describe("auto", half) == "manual engine (there are no compiled kernels for torch.bfloat16)"


def test_products_in_bfloat16_need_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = random_cell("lstm", 3, 4).float()
    assert describe("auto", cell, "bfloat16").startswith(f"{kernels().variant} kernels, products in bfloat16")
    with pytest.raises(UsageError, match="the engine `manual` has no products in bfloat16: take `bptt.engine: native`"):
        engine("manual", "bfloat16")
    monkeypatch.setattr(native, "missing", lambda cell: "there are no compiled kernels for cuda")
    with pytest.raises(UsageError, match="no products in bfloat16, because there are no compiled kernels for cuda"):
        describe("auto", cell, "bfloat16")

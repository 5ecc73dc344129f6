"""Shapes that are written down are shapes that are checked, in every module that takes tensors."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from jaxtyping import TypeCheckError

import charnn
from charnn.batches.batch import TextBatch
from tests.conftest import TAKE_TENSORS
from tests.models import random_cell, random_network

HOME = Path(charnn.__file__).parent
# Operators of torch, which are also traced: sizes are then symbols, and no numbers that could be checked.
TRACED = "charnn.kernels."
ANNOTATED = [
    ".".join(("charnn", *path.relative_to(HOME).with_suffix("").parts)).removesuffix(".__init__")
    for path in sorted(HOME.rglob("*.py"))
    if "from jaxtyping import" in path.read_text(encoding="utf-8")
]


def functions(module: Any) -> Iterator[Any]:
    """The functions that a module defines, also those of its classes."""
    for value in vars(module).values():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        members = vars(value).values() if inspect.isclass(value) else [value]
        yield from (member for member in members if inspect.isfunction(member))


@pytest.mark.parametrize("name", [name for name in ANNOTATED if not name.startswith(TRACED)])
def test_every_module_with_shapes_is_checked(name: str) -> None:
    assert any(f"{name}.".startswith(f"charnn.{listed}.") for listed in TAKE_TENSORS), (
        f"{name} says shapes, and is not in TAKE_TENSORS of tests/conftest.py"
    )
    shaped = [
        function
        for function in functions(import_module(name))
        if any(word in str(function.__annotations__) for word in ("Float[", "Int["))
    ]
    for function in shaped:
        assert hasattr(function, "__wrapped__"), f"{name} was imported before the checks were installed"


def test_every_listed_module_is_there() -> None:
    for name in TAKE_TENSORS:
        import_module(f"charnn.{name}")


def test_wrong_shapes_are_noticed() -> None:
    """In a dataclass, in a cell that knows nothing of torch, in a network."""
    ids = torch.zeros(2, 1, dtype=torch.long)
    numbers: dict[str, Any] = {"lanes": 1, "own": range(1), "losses": 2, "divisor": 1.0, "epoch": 0.0, "save_at": 2}
    TextBatch(inputs=ids, targets=ids, **numbers)
    with pytest.raises(TypeCheckError, match="targets"):
        TextBatch(inputs=ids, targets=ids[:1], **numbers)
    cell = random_cell("lstm", 3, 4)
    cell.step(torch.zeros(2, 16, dtype=torch.float64), cell.zero_state(2))
    with pytest.raises(TypeCheckError, match="parameter 'a'"):
        cell.step(torch.zeros(1, 2, 16, dtype=torch.float64), cell.zero_state(2))
    with pytest.raises(TypeCheckError, match="parameter 'state'"):
        cell.step(torch.zeros(2, 16, dtype=torch.float64), cell.zero_state(3))
    network = random_network("rnn")
    with pytest.raises(TypeCheckError, match="ids"):
        network.logits(ids[0], network.zero_state(1))

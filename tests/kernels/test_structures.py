"""The binding: a library whose structures differ from these is not used."""

from __future__ import annotations

import ctypes
import gc
import weakref
from ctypes import Structure, c_int64
from itertools import pairwise
from typing import Any

import pytest
import torch

from charnn.errors import UsageError
from charnn.kernels import layout, library
from charnn.kernels.filling import filled
from charnn.kernels.layout import LayoutError, check_layout
from charnn.kernels.library import SWITCH, VARIANTS, Library
from charnn.kernels.structures import STRUCTURES, WindowArguments

COMPILED = [variant for variant in VARIANTS if isinstance(library._load(variant), Library)]
SWAPS = [
    (structure, first[0], second[0])
    for structure in STRUCTURES
    for first, second in pairwise(structure._fields_)
    if first[1] is second[1]
]


def redefined(structure: type[Structure], fields: Any) -> type[Structure]:
    return type(structure.__name__, (Structure,), {"_fields_": tuple(fields)})


def swapped(structure: type[Structure], first: str, second: str) -> type[Structure]:
    names = {first: second, second: first}
    return redefined(structure, ((names.get(name, name), kind) for name, kind, *_ in structure._fields_))


@pytest.fixture
def functions() -> ctypes.CDLL:
    if not COMPILED:
        pytest.skip("there are no compiled kernels")
    return library._load(COMPILED[0])._functions


def use(monkeypatch: pytest.MonkeyPatch, instead: type[Structure]) -> None:
    others = [structure for structure in STRUCTURES if structure.__name__ != instead.__name__]
    monkeypatch.setattr(layout, "STRUCTURES", (*others, instead))


def test_what_was_compiled_fits(functions: ctypes.CDLL) -> None:
    check_layout(functions)


@pytest.mark.parametrize(("structure", "first", "second"), SWAPS)
def test_two_swapped_fields_are_seen(
    structure: type[Structure], first: str, second: str, functions: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though both are of one type, so that neither the size nor any type changes."""
    use(monkeypatch, swapped(structure, first, second))
    with pytest.raises(LayoutError, match=f"the field `({first}|{second})` of {structure.__name__}.*install .* again"):
        check_layout(functions)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((*WindowArguments._fields_, ("more", c_int64)), "`more` of WindowArguments takes no bytes there, 8 bytes"),
        (WindowArguments._fields_[:-1], "`dweights` of WindowArguments takes 8 bytes .* there, no bytes here"),
        ((("steps", ctypes.c_double), *WindowArguments._fields_[1:]), "`steps` .*integer.* there, .*number.* here"),
    ],
)
def test_fields_that_only_one_side_has_are_seen(
    fields: Any, message: str, functions: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, redefined(WindowArguments, fields))
    with pytest.raises(LayoutError, match=message):
        check_layout(functions)


def test_a_structure_that_only_one_side_has_is_seen(functions: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "STRUCTURES", STRUCTURES[:-1])
    with pytest.raises(LayoutError, match=f"{STRUCTURES[-1].__name__} takes .* there, no bytes here"):
        check_layout(functions)


@pytest.mark.parametrize("variant", COMPILED)
def test_no_function_of_such_a_library_is_called(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    touched = []

    class Watched(ctypes.CDLL):
        def __getattr__(self, name: str) -> Any:
            touched.append(name)
            return super().__getattr__(name)

    monkeypatch.setattr(ctypes, "CDLL", Watched)
    load = library._load.__wrapped__
    assert isinstance(load(variant), Library)
    assert "charnn_fingerprint" in touched
    touched.clear()
    use(monkeypatch, swapped(WindowArguments, "rows", "weights"))
    assert "the field `rows` of WindowArguments" in str(load(variant))
    assert not touched
    monkeypatch.setattr(library, "_load", load)
    monkeypatch.setenv(SWITCH, variant)
    with pytest.raises(UsageError, match="does not fit this charnn: .*WindowArguments.* install charnn again"):
        library.library.__wrapped__()
    assert not touched


def test_a_library_that_does_not_say_how_its_structures_lie_is_refused() -> None:
    with pytest.raises(LayoutError, match="does not say.*install charnn again"):
        check_layout(ctypes.CDLL(None))


def test_a_structure_holds_addresses_and_keeps_the_tensors_alive() -> None:
    dense, output, spread = torch.zeros(3), torch.zeros(2), torch.zeros(4, 2).t()
    made = filled(
        WindowArguments,
        reads={"rows": dense, "weights": spread, "bias": None, "start": [dense, None], "dlast": (None, None)},
        writes={"output": output, "last": (output,), "saved": torch.zeros(5, 0)},
        steps=7,
    )
    assert (made.steps, made.lanes) == (7, 0)
    assert (made.rows, made.output) == (dense.data_ptr(), output.data_ptr())
    assert (made.bias, made.ids, made.saved) == (None, None, None)
    assert (list(made.start), list(made.last)) == ([dense.data_ptr(), None], [output.data_ptr(), None])
    assert made.weights not in (None, spread.data_ptr())
    alive = weakref.ref(output)
    del output
    gc.collect()
    assert alive() is not None
    del made
    assert alive() is None

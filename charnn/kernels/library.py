"""The compiled kernels: which library fits this processor, which tensors it takes, and how its functions are called.

The same source is compiled once for each kind of processor. `CHARNN_KERNELS` chooses one by name: `avx512`, `avx2`,
`portable`, or `none` to do without.
"""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes import POINTER, Array, Structure, addressof, byref, c_char_p, c_int, c_long, c_void_p
from enum import IntEnum
from functools import cache, cached_property
from hashlib import sha256
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charnn.errors import UsageError, one_of
from charnn.kernels.layout import LayoutError, check_layout
from charnn.kernels.structures import Call, RepeatArguments, SamplerArguments

if TYPE_CHECKING:  # text is drawn and scored without torch
    from torch import Tensor

SWITCH = "CHARNN_KERNELS"
VARIANTS = ("avx512", "avx2", "portable")
"""From the fastest to the one that runs everywhere."""

TYPES = ("float32", "float64")
"""What the kernels compute in."""

_NOT_COMPILED = "was not compiled when charnn was installed"

_OUT_OF_MEMORY, _UNKNOWN_SYMBOL, _NOT_FINITE = 1, 2, 3


class Kernel(IntEnum):
    """What can be called."""

    CELL_FORWARD = 0
    CELL_BACKWARD = 1
    LOSS_FORWARD = 2
    LOSS_BACKWARD = 3
    PROJECTION = 4
    PROJECTION_BACKWARD = 5
    SUM = 6
    SUM_OF_ROWS = 7
    CLIPPING = 8
    CHECK = 9
    RULE = 10
    MASKING = 11
    NOISE = 12
    LEAVING_OUT = 13
    GATHERING = 14
    GATHERING_BACKWARD = 15


class Library:
    """One compiled library."""

    def __init__(self, variant: str, path: Path) -> None:
        """Load it.

        Raises:
            OSError: the system cannot load it.
            LayoutError: its structures are not those of `charnn.kernels.structures`.
            AttributeError: it lacks a function.
        """
        self.variant = variant
        functions = self._functions = ctypes.CDLL(str(path))
        check_layout(functions)
        functions.charnn_fingerprint.restype = c_char_p
        functions.charnn_cell.argtypes = (c_char_p,)
        functions.charnn_saved.argtypes = (c_char_p, c_int, c_long)
        functions.charnn_saved.restype = c_long
        functions.charnn_multiplied.argtypes = (c_char_p, c_long)
        functions.charnn_multiplied.restype = c_long
        functions.charnn_run.argtypes = (c_void_p, c_long, c_void_p)
        functions.charnn_repeat.argtypes = (POINTER(RepeatArguments), c_void_p)
        functions.charnn_sample.argtypes = (c_int, POINTER(SamplerArguments), c_int, c_void_p)
        self._numbers: dict[str, int] = {}
        self._left: dict[tuple[str, Any, int], tuple[int, int]] = {}

    @property
    def _team(self) -> c_void_p | None:
        """Torch's own team of threads, where torch is loaded and built on libgomp: two would fight for the cores."""
        return self._team_of_torch if "torch" in sys.modules else None

    @cached_property
    def _team_of_torch(self) -> c_void_p | None:
        team = getattr(ctypes.CDLL(None), "GOMP_parallel", None)
        return ctypes.cast(team, c_void_p) if team is not None else None

    def fingerprint(self) -> str:
        """Which sources it was compiled from."""
        return str(self._functions.charnn_fingerprint().decode())

    def runs_here(self) -> bool:
        """Whether this processor has what the library was compiled for."""
        return bool(self._functions.charnn_runs_here())

    def knows(self, cell: str) -> bool:
        """Whether there is a kernel for a cell."""
        return self._number(cell) >= 0

    def _number(self, cell: str) -> int:
        """What a cell is called by, or −1 where there is no kernel for it."""
        if cell not in self._numbers:
            self._numbers[cell] = self._functions.charnn_cell(cell.encode())
        return self._numbers[cell]

    def left(self, cell: str, dtype: Any, hidden: int) -> tuple[int, int]:
        """How many numbers of each lane and step the forward pass of a cell leaves for the backward pass.

        Returns:
            How many it saves, and how many W_hh multiplies instead of h_{t−1}: 0 where it multiplies h_{t−1}.
        """
        hidden = int(hidden)  # tracing may give a symbol
        key = cell, dtype, hidden
        if key not in self._left:
            name, functions = cell.encode(), self._functions
            saved = functions.charnn_saved(name, precision_of(dtype), hidden)
            self._left[key] = saved, functions.charnn_multiplied(name, hidden)
        return self._left[key]

    def multiplies_bfloat16(self) -> bool:
        """Whether this processor multiplies numbers in bfloat16 at once."""
        return bool(self._functions.charnn_multiplies_bfloat16())

    def call(
        self, kernel: Kernel, arguments: Structure, precision: int, threads: int = 1, cell: str | None = None
    ) -> Call:
        """One call of a kernel, to be run as often as wanted while its arguments live.

        Args:
            kernel: which one.
            arguments: the structure that it takes.
            precision: what is computed in (see `precision_of`).
            threads: on how many threads.
            cell: where the kernel is a pass of a cell: which.
        """
        number = 0 if cell is None else self._number(cell)
        return Call(kernel, precision, number, threads, addressof(arguments))

    def run(self, calls: Call | Array[Call]) -> None:
        """Run a call, or several in their order; where one does not end well, those after it are left out.

        Raises:
            MemoryError: there is no room for the packed weights.
            IndexError: an id names no row, or a target is not a symbol.
            FloatingPointError: a number that was checked is not finite.
        """
        count = 1 if isinstance(calls, Call) else len(calls)
        _check(self._functions.charnn_run(byref(calls), count, self._team))

    def repeat(self, arguments: RepeatArguments) -> None:
        """Run several calls again and again; see `run` for what it raises, and `arguments.done` for how often."""
        _check(self._functions.charnn_repeat(byref(arguments), self._team))

    def sample(self, arguments: SamplerArguments, dtype: Any, threads: int) -> None:
        """Draw text (see `charnn.kernels.sampler`).

        Raises:
            MemoryError: there is no room for the packed weights.
        """
        _check(self._functions.charnn_sample(precision_of(dtype), byref(arguments), threads, self._team))


def precision_of(dtype: Any, *, bfloat16: bool = False) -> int:
    """What is computed in: 0 floats, 1 doubles, 2 floats in products of factors in bfloat16.

    Args:
        dtype: the type of torch or of NumPy.
        bfloat16: whether factors are rounded.
    """
    return 2 if bfloat16 else int(_name_of(dtype) == "float64")


def _name_of(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def _check(outcome: int) -> None:
    if outcome == _OUT_OF_MEMORY:
        raise MemoryError("there is no memory for the packed weights")
    if outcome == _UNKNOWN_SYMBOL:
        raise IndexError("an id is none of the symbols that the weights are for")
    if outcome == _NOT_FINITE:
        raise FloatingPointError("a number is not finite")


@cache
def library() -> Library | None:
    """The fastest library that was compiled and runs on this processor, or the one that `CHARNN_KERNELS` names.

    Raises:
        UsageError: `CHARNN_KERNELS` names none, or one that was not compiled or does not run here.
    """
    wanted = os.environ.get(SWITCH, "")
    if wanted == "none":
        return None
    if wanted and wanted not in VARIANTS:
        raise UsageError(f"{SWITCH} is `{wanted}`{one_of(wanted, [*VARIANTS, 'none'])}")
    for variant in [wanted] if wanted else VARIANTS:
        found = _load(variant)
        if isinstance(found, Library):
            return found
        if wanted:
            raise UsageError(f"{SWITCH} is `{wanted}`, which {found}")
    return None


@cache
def _load(variant: str) -> Library | str:
    """The library of that name, or what is wrong with it."""
    folder = Path(__file__).parent
    path = next((path for suffix in EXTENSION_SUFFIXES if (path := folder / f"_{variant}{suffix}").is_file()), None)
    if path is None:
        return _NOT_COMPILED
    try:
        found = Library(variant, path)
    except LayoutError as error:
        return str(error)
    except (OSError, AttributeError) as error:  # such as a C++ library that is older than the compiler's
        return f"cannot be loaded ({error}): install charnn again"
    # An installed package holds no sources; those of a checkout may be newer than its libraries.
    sources = sorted([*folder.rglob("*.cpp"), *folder.rglob("*.hpp")])
    if sources and sha256(b"".join(source.read_bytes() for source in sources)).hexdigest() != found.fingerprint():
        return "was compiled from older sources: install charnn again"
    return found if found.runs_here() else "does not run on this processor: install charnn again, on it"


def kernels() -> Library:
    """The library; `why_none` has to have said that there is one."""
    found = library()
    assert found is not None
    return found


def why_none(*tensors: Tensor, in_place: bool = False) -> str | None:
    """Why the kernels do not take these tensors together; None where they do. The one place that decides it.

    Args:
        tensors: without any, the question is whether there are kernels at all.
        in_place: whether the tensors are to be changed, which takes dense ones; those that are only read may be copied.
    """
    for tensor in tensors:
        if not tensor.is_cpu:
            return f"there are no compiled kernels for {tensor.device.type}"
        if _name_of(tensor.dtype) not in TYPES:
            return f"there are no compiled kernels for {tensor.dtype}"
        if tensor.dtype != tensors[0].dtype:
            return "the compiled kernels take tensors of one type"
        if in_place and not tensor.is_contiguous():
            return "the compiled kernels change dense tensors only"
    if library() is not None:
        return None
    if os.environ.get(SWITCH) == "none":
        return f"no compiled kernels: {SWITCH} is `none`"
    # What is wrong with one that is there says more than that others are not.
    reasons = [(variant, str(_load(variant))) for variant in reversed(VARIANTS)]
    variant, reason = next((pair for pair in reasons if pair[1] != _NOT_COMPILED), reasons[0])
    return f"no compiled kernels: {variant} {reason}"


def why_not(cell: str, weights: Tensor, *others: Tensor) -> str | None:
    """Why there is no kernel for a cell of that name with weights like these; None where there is one.

    Args:
        others: tensors that the kernel is to take together with the weights.
    """
    reason = why_none(weights, *others)
    if reason is None and not kernels().knows(cell):
        return f"there is no compiled kernel for the cell {cell}"
    return reason

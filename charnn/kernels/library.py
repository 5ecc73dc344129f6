"""The compiled kernels: which library fits this processor, and how its functions are called.

The same source is compiled once for each kind of processor. `CHARNN_KERNELS` chooses one by name: `avx512`, `avx2`,
`portable`, or `none` to do without.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from ctypes import POINTER, Structure, byref, c_char_p, c_double, c_int, c_int64, c_long, c_void_p
from functools import cache
from hashlib import sha256
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import torch
from torch import Tensor

from charnn.errors import UsageError, one_of

SWITCH = "CHARNN_KERNELS"
VARIANTS = ("avx512", "avx2", "portable")
"""From the fastest to the one that runs everywhere."""

TYPES = (torch.float32, torch.float64)
"""What the kernels compute in."""

MOST_PARTS = 2
"""No state has more parts."""

_UNKNOWN_CELL, _OUT_OF_MEMORY, _UNKNOWN_SYMBOL = 1, 2, 3


class Arguments(Structure):
    """`Arguments` of window.hpp, where each field is explained."""

    _fields_ = (
        ("steps", c_int64),
        ("lanes", c_int64),
        ("hidden", c_int64),
        ("symbols", c_int64),
        ("rows", c_void_p),
        ("bias", c_void_p),
        ("ids", c_void_p),
        ("weights", c_void_p),
        ("start", c_void_p * MOST_PARTS),
        ("output", c_void_p),
        ("last", c_void_p * MOST_PARTS),
        ("saved", c_void_p),
        ("multiplied", c_void_p),
        ("gates", c_void_p),
        ("doutput", c_void_p),
        ("dlast", c_void_p * MOST_PARTS),
        ("drows", c_void_p),
        ("dstart", c_void_p * MOST_PARTS),
        ("dweights", c_void_p),
        ("da", c_void_p),
        ("da_steps", c_int64),
    )


class Library:
    """One compiled library."""

    def __init__(self, variant: str, path: Path) -> None:
        self.variant = variant
        functions = self._functions = ctypes.CDLL(str(path))
        self._known: dict[str, bool] = {}
        functions.charnn_fingerprint.restype = c_char_p
        self.fingerprint = functions.charnn_fingerprint().decode()
        # torch's own team of threads, where torch is built on libgomp: two teams would fight for the cores.
        team = getattr(ctypes.CDLL(None), "GOMP_parallel", None)
        self._team = ctypes.cast(team, c_void_p) if team is not None else None

    def declare(self) -> Library:
        """Say what the functions take."""
        functions = self._functions
        functions.charnn_saved.argtypes = (c_char_p, c_int, c_long)
        functions.charnn_saved.restype = c_long
        for run in (functions.charnn_forward, functions.charnn_backward):
            run.argtypes = (c_char_p, c_int, POINTER(Arguments), c_int, c_void_p)
        for run in (functions.charnn_output_forward, functions.charnn_output_backward):
            run.argtypes = (c_int, c_void_p, c_int, c_void_p)
        functions.charnn_clip.argtypes = (c_int, c_void_p, c_void_p, c_long, c_double, c_double, POINTER(c_double))
        functions.charnn_sample.argtypes = (c_int, c_void_p, c_int, c_void_p)
        return self

    def runs_here(self) -> bool:
        """Whether this processor has what the library was compiled for."""
        return bool(self._functions.charnn_runs_here())

    def knows(self, cell: str) -> bool:
        """Whether there is a kernel for a cell."""
        if cell not in self._known:
            self._known[cell] = self.saved(cell, torch.float32, 1) >= 0
        return self._known[cell]

    def saved(self, cell: str, dtype: torch.dtype, hidden: int) -> int:
        """How many numbers a cell of `hidden` units saves for each lane and step; −1 where it has no kernel."""
        return int(self._functions.charnn_saved(cell.encode(), _in_double(dtype), hidden))

    def multiplies_bfloat16(self) -> bool:
        """Whether this processor multiplies numbers in bfloat16 at once."""
        return bool(self._functions.charnn_multiplies_bfloat16())

    def forward(self, cell: str, arguments: Arguments, precision: int, threads: int) -> None:
        """Run a cell over a window.

        Args:
            precision: what is computed in (see `precision_of`).

        Raises:
            MemoryError: there is no room for the packed weights.
            IndexError: an id names no row.
        """
        _check(self._functions.charnn_forward(cell.encode(), precision, byref(arguments), threads, self._team))

    def backward(self, cell: str, arguments: Arguments, precision: int, threads: int) -> None:
        """Run the gradient back through the window; `precision` as in `forward`.

        Raises:
            MemoryError: there is no room for the packed weights.
        """
        _check(self._functions.charnn_backward(cell.encode(), precision, byref(arguments), threads, self._team))

    def output_forward(self, arguments: Structure, precision: int, threads: int) -> None:
        """The output layer and its loss (see `charnn.kernels.output`); `precision` as in `forward`.

        Raises:
            MemoryError: there is no room for the packed weights.
            IndexError: a target is no symbol.
        """
        _check(self._functions.charnn_output_forward(precision, byref(arguments), threads, self._team))

    def output_backward(self, arguments: Structure, precision: int, threads: int) -> None:
        """The gradient back through the output layer.

        Raises:
            MemoryError: there is no room for the packed weights.
        """
        _check(self._functions.charnn_output_backward(precision, byref(arguments), threads, self._team))

    def sample(self, arguments: Structure, dtype: torch.dtype, threads: int) -> None:
        """Draw text (see `charnn.kernels.sampler`).

        Raises:
            MemoryError: there is no room for the packed weights.
        """
        _check(self._functions.charnn_sample(_in_double(dtype), byref(arguments), threads, self._team))

    def clip(self, gradients: Sequence[Tensor], norm: float, value: float) -> tuple[float, bool]:
        """Clip dense gradients of one type in place, to a norm, and each number to ±value.

        Returns:
            The norm before, and whether anything was changed.
        """
        count, before = len(gradients), c_double()
        changed = self._functions.charnn_clip(
            _in_double(gradients[0].dtype),
            (c_void_p * count)(*(gradient.data_ptr() for gradient in gradients)),
            (c_int64 * count)(*(gradient.numel() for gradient in gradients)),
            count,
            norm,
            value,
            byref(before),
        )
        return before.value, bool(changed)


def _in_double(dtype: torch.dtype) -> bool:
    return dtype == torch.float64


def precision_of(dtype: torch.dtype, *, bfloat16: bool) -> int:
    """What is computed in: 0 floats, 1 doubles, 2 floats whose recurrent products take factors in bfloat16."""
    return 2 if bfloat16 else int(_in_double(dtype))


def _check(outcome: int) -> None:
    if outcome == _OUT_OF_MEMORY:
        raise MemoryError("there is no memory for the packed weights")
    if outcome == _UNKNOWN_SYMBOL:
        raise IndexError("an id is none of the symbols that the weights are for")
    assert outcome != _UNKNOWN_CELL


def pointers(tensors: Sequence[Tensor | None]) -> ctypes.Array[c_void_p]:
    """The addresses of the parts of a state; null where there is none."""
    return (c_void_p * MOST_PARTS)(*(None if tensor is None else tensor.data_ptr() for tensor in tensors))


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


def _load(variant: str) -> Library | str:
    """The library of that name, or what is wrong with it."""
    folder = Path(__file__).parent
    path = next((path for suffix in EXTENSION_SUFFIXES if (path := folder / f"_{variant}{suffix}").is_file()), None)
    if path is None:
        return "was not compiled when charnn was installed"
    try:
        found = Library(variant, path)
    except (OSError, AttributeError) as error:  # such as a C++ library that is older than the compiler's
        return f"cannot be loaded ({error}): install charnn again"
    # An installed package holds no sources; a checkout may have moved on.
    sources = sorted([*folder.glob("source/*.cpp"), *folder.glob("source/*.hpp")])
    if sources and sha256(b"".join(source.read_bytes() for source in sources)).hexdigest() != found.fingerprint:
        return "was compiled from older sources: install charnn again"
    return found.declare() if found.runs_here() else "does not run on this processor"


def dense(tensors: Sequence[Tensor]) -> bool:
    """Whether the kernels can read these tensors as they lie: on the CPU, dense, of one type that they know."""
    dtype = tensors[0].dtype
    return dtype in TYPES and all(
        tensor.device.type == "cpu" and tensor.dtype == dtype and tensor.is_contiguous() for tensor in tensors
    )


def kernels() -> Library:
    """The library, where `missing` has said that there is one."""
    found = library()
    assert found is not None
    return found


def why_none() -> str:
    """Why there is no library."""
    if os.environ.get(SWITCH) == "none":
        return f"no compiled kernels: {SWITCH} is `none`"
    return f"no compiled kernels: {VARIANTS[-1]} {_load(VARIANTS[-1])}"


def why_not(cell: str, weights: Tensor) -> str | None:
    """Why there is no kernel for a cell of that name with weights like these; None where there is one."""
    if weights.device.type != "cpu":
        return f"there are no compiled kernels for {weights.device.type}"
    if weights.dtype not in TYPES:
        return f"there are no compiled kernels for {weights.dtype}"
    kernels = library()
    if kernels is None:
        return why_none()
    if not kernels.knows(cell):
        return f"there is no compiled kernel for the cell {cell}"
    return None


readable = dense

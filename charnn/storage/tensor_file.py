"""Named tensors and one JSON document in a safetensors file, with a checksum over both.

There is no pickle in it: such a file can be damaged, but it can never execute code. safetensors writes several
metadata keys in no fixed order. So there is only one, `charnn`, and the same content gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from charnn.errors import RunError
from charnn.storage.atomic import write_atomically

if TYPE_CHECKING:  # weights are read as arrays without torch
    from torch import Tensor

_KEY = "charnn"


@dataclass(frozen=True)
class TensorFile:
    """The content of a file; `document` is empty if another program wrote it."""

    tensors: dict[str, Tensor]
    document: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ArrayFile:
    """The same as arrays of NumPy."""

    arrays: dict[str, NDArray[Any]]
    document: dict[str, Any] = field(default_factory=dict)


def write_tensors(path: Path, tensors: dict[str, Tensor], document: dict[str, Any]) -> None:
    """Write tensors and a document that JSON can hold, whole or not at all."""
    from safetensors.torch import save

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    signed = {**document, "sha256": _checksum(tensors, document)}
    write_atomically(path, save(tensors, metadata={_KEY: json.dumps(signed, sort_keys=True)}))


def read_tensors(path: Path) -> TensorFile:
    """Read a safetensors file, written by charnn or by another program.

    Raises:
        RunError: the file is missing, is not a safetensors file, is cut off, or does not match its checksum.
    """
    return TensorFile(*_read(path, "pt"))


def read_arrays(path: Path) -> ArrayFile:
    """The same without torch."""
    return ArrayFile(*_read(path, "np"))


def _read(path: Path, framework: Literal["pt", "np"]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a file holds, and its document."""
    try:
        with path.open("rb") as raw, safe_open(_openable(path, raw.fileno()), framework=framework) as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        if _KEY not in metadata:
            return tensors, {}
        document: dict[str, Any] = json.loads(metadata[_KEY])
        expected = document.pop("sha256")
    except FileNotFoundError:
        raise RunError(f"there is no file {path}") from None
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from None
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunError(f"{path} is damaged, or is not a safetensors file: {error}") from None
    if _checksum(tensors, document) != expected:
        raise RunError(f"{path} is damaged: its content does not match its checksum")
    return tensors, document


def _openable(path: Path, descriptor: int) -> Path:
    """The path, or that of the open file where the name is not UTF-8, which safetensors cannot open."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return Path(f"/dev/fd/{descriptor}")
    return path


def _checksum(tensors: Mapping[str, Any], document: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        kind = str(tensor.dtype).removeprefix("torch.")
        digest.update(f"{name} torch.{kind} {tuple(tensor.shape)}".encode())
        digest.update(_bytes_of(tensor))
    return digest.hexdigest()


def _bytes_of(tensor: Tensor | NDArray[Any]) -> memoryview:
    if isinstance(tensor, np.ndarray):
        return np.ascontiguousarray(tensor).reshape(-1).view(np.uint8).data
    import torch

    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data  # NumPy has not every type of torch

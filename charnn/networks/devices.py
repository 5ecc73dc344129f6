"""Which device the work runs on."""

from __future__ import annotations

import torch

from charnn.errors import UsageError


def find_device(name: str) -> torch.device:
    """`cpu`, `cuda`, or for `auto` the fastest there is.

    Raises:
        UsageError: CUDA is asked for and not there.
    """
    if name == "cuda" and not torch.cuda.is_available():
        built = "this build of torch has no CUDA" if torch.version.cuda is None else "torch finds no CUDA device"
        raise UsageError(f"device cuda: {built}; use `--device cpu` or `--device auto`")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)

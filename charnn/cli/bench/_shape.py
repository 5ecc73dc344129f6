"""The option --shape of the benchmarks of layers and of training steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charnn.errors import UsageError

if TYPE_CHECKING:
    from charnn.benchmarking.train import Shape


def parse_shape(text: str) -> Shape:
    """The shape that a text such as 256,64,64 names.

    Raises:
        UsageError: it is not a shape.
    """
    from charnn.benchmarking.train import Shape

    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise UsageError(f"--shape takes hidden units, lanes and steps, such as 256,64,64, not `{text}`")
    return Shape(*(int(part) for part in parts))

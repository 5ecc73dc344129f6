"""The file in which a run keeps the n-grams that its network is mixed with. No torch but to write it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from charnn.configuration.formats import check_format
from charnn.errors import RunError
from charnn.runs.layout import MIXTURE, WEIGHTS
from charnn.runs.run import Run
from charnn.storage.tensor_file import read_arrays

Made = TypeVar("Made")


@dataclass(frozen=True)
class Kept:
    """What was written, for people.

    Attributes:
        model: what counted.
        order: the length of the longest n-grams.
        ngrams: how many there are.
        bytes: the size of the file.
        weights: of network and n-grams, over all kinds of context, learned on what was kept from both; None where they
            were not learned.
        how: the same in words.
        rate: the rate of adaptation that was learned with them, if one was.
    """

    model: str
    order: int
    ngrams: int
    bytes: int
    weights: list[float] | None
    how: str
    rate: float | None = None

    @property
    def told(self) -> str:
        """All of it, in words."""
        return f"{self.ngrams:,} n-grams up to order {self.order}, {self.bytes / 1e6:.1f} MB; {self.how}"


def write_mixture(run: Run, arrays: Mapping[str, NDArray[Any]], document: dict[str, Any]) -> int:
    """Write the file, and return its size in bytes."""
    import torch

    tensors = {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in arrays.items()}
    run.save_weights(MIXTURE.removesuffix(WEIGHTS), tensors, document)
    return int((run.path / MIXTURE).stat().st_size)


def read_mixture(run: Run, made_of: Callable[[dict[str, NDArray[Any]], dict[str, Any]], Made]) -> Made | None:
    """What `made_of` makes of the arrays and the document in the file; None where there is no file.

    Raises:
        RunError: the file is damaged.
    """
    path = run.path / MIXTURE
    if not path.exists():
        return None
    file = read_arrays(path)
    check_format(file.document.get("format"), str(path))
    if file.document.get("vocabulary") != run.vocabulary_hash:
        raise RunError(f"{run.path} is damaged: {MIXTURE} was saved with another vocabulary")
    try:
        return made_of(file.arrays, file.document)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise RunError(f"{path} is damaged: {error!r}") from None

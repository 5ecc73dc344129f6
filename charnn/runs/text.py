"""A text in a run's own units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charnn.data.running_text.dataset import read_dataset
from charnn.data.sources.opening import read_text
from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import InputError
from charnn.runs.run import Run


@dataclass(frozen=True)
class RunText:
    """A text in a run's own units.

    Attributes:
        name: what messages call it.
        ids: the ids of those of its symbols that the run knows.
        positions: where each of them stands in the text, from 0 on.
        left_out: how many symbols the run does not know.
    """

    name: str
    ids: Ids
    positions: NDArray[np.int64]
    left_out: int = 0


def text_of_run(
    run: Run, vocabulary: Vocabulary, source: str | None, part: str | None, *, skip_unknown: bool = False
) -> RunText:
    """A text in a run's own units; a file is read in the run's encoding.

    Args:
        source: a path, a corpus or `-`; without one it is the `part` of the text that the run was trained on.
        part: `train`, `validation` or `test`; None: the validation part, or where there is none the training part.
        skip_unknown: leave out characters that the run does not know, instead of an error.

    Raises:
        InputError: the text cannot be had, has characters that the model does not know, or the run's own
            text has changed since.
    """
    corpus = run.running_text()
    if source is not None:
        found = read_text(source)
        units = vocabulary.units_of_source(found.data, found.name, corpus.encoding)
        ids = vocabulary.encode(units, found.name, skip_unknown=skip_unknown)
        positions = np.flatnonzero(vocabulary.knows(units))
        return RunText(found.name, ids, positions, len(units.codes) - len(ids))
    if corpus.is_absent:
        raise InputError(f"{run.path} was imported and has no text of its own, nor parts of it: name one with --text")
    part = part or ("validation" if len(corpus.split) > 1 else "train")
    ids = read_dataset(**corpus.model_dump()).in_vocabulary(vocabulary).part(part)
    if not len(ids):
        raise InputError(f"the text of {run.path} has no {part} part: its split is {list(corpus.split)}")
    return RunText(f"the {part} part of {corpus.source or 'the text'}", ids, np.arange(len(ids)))

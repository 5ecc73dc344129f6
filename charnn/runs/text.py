"""A text in a run's own units."""

from __future__ import annotations

from charnn.data.running_text.dataset import read_dataset
from charnn.data.sources.opening import read_text
from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import InputError
from charnn.runs.run import Run


def text_of_run(
    run: Run, vocabulary: Vocabulary, source: str | None, part: str | None, *, skip_unknown: bool = False
) -> tuple[str, Ids]:
    """A text in a run's own units, and the name that messages call it by.

    Args:
        source: a path, a corpus or `-`; without one it is the `part` of the text that the run was trained on.
        part: `train`, `validation` or `test`; None: the validation part, or where there is none the training part.

    Raises:
        InputError: the text cannot be had, has characters that the model does not know, or the run's own
            text has changed since.
    """
    corpus = run.config().corpus
    if source is not None:
        found = read_text(source)
        units = vocabulary.units_of_source(found.data, found.name, corpus.encoding)
        return found.name, vocabulary.encode(units, found.name, skip_unknown=skip_unknown)
    if corpus.is_absent:
        raise InputError(f"{run.path} was imported and has no text of its own, nor parts of it: name one with --text")
    part = part or ("validation" if len(corpus.split) > 1 else "train")
    ids = read_dataset(**corpus.model_dump()).in_vocabulary(vocabulary).part(part)
    if not len(ids):
        raise InputError(f"the text of {run.path} has no {part} part: its split is {list(corpus.split)}")
    return f"the {part} part of {corpus.source or 'the text'}", ids

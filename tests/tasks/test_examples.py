"""What the tasks on tables share, on tables of a few rows."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from charnn.configuration.reading import read_settings
from charnn.tasks import read_task
from charnn.tasks._examples import ExampleTask
from charnn.tasks.classification import Classification
from charnn.tasks.sequence_to_sequence import SequenceToSequence


def task_of(name: str, rows: str, *more: str) -> ExampleTask:
    """A task on a table, whose rows are parted by blanks: a text, a stroke, and what belongs to it."""
    table = rows.replace("|", "\\t").replace(" ", "\\n")
    task = read_task(read_settings(f"task.name={name}", f'corpus={{text: "{table}", input: 1, target: 2}}', *more))
    assert isinstance(task, ExampleTask)
    return task


def test_what_a_table_lists_for_a_text_is_listed_for_its_other_form() -> None:
    rows = f"é|a {normalize('NFD', 'é')}|b e|a"
    labels = task_of("classification", rows, "corpus.normalize=NFC", "corpus.split=[1.0]")
    assert isinstance(labels, Classification)
    scores = labels.score(labels.network(), "train")
    assert scores.accepted.tolist() == [[True, True], [True, True], [True, False]]
    pairs = task_of("sequence-to-sequence", rows, "corpus.normalize=NFC", "corpus.split=[1.0]")
    assert isinstance(pairs, SequenceToSequence)
    answered = pairs.score(pairs.network(), "train").rows
    assert [(row.input, row.references) for row in answered] == [("é", [[b"a"], [b"b"]]), ("e", [[b"a"]])]


@pytest.mark.parametrize("name", ["classification", "sequence-to-sequence"])
def test_examples_are_of_rows_that_can_be_read(name: str) -> None:
    rows = "ab|a bb|b az|a zb|b ba|a aab|b"  # each third and fourth one is for validation
    split = "corpus.split={every: 4, validation: [2, 3]}"
    assert [task_of(name, rows, split).row_shown(step) for step in range(3)] == [0, 1, 4]
    task = task_of(name, f"{rows} aa|a bbb|b", split)
    assert [task.row_shown(step) for step in range(3)] == [6, 7, 6]
    task = task_of(name, rows, "corpus.split=[1.0]")
    assert [task.row_shown(step) for step in range(3)] == [0, 1, 2]

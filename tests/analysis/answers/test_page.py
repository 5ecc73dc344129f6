"""The confusion of labels on a page: every count in its place, coloured by its share of the row."""

from __future__ import annotations

import numpy as np

from charnn.analysis.answers.page import confusion_table
from charnn.evaluation.examples import Confusion
from tests.analysis.pages.reader import Reader


def test_every_count_is_there_and_right_answers_are_red() -> None:
    counts = np.array([[9, 1, 0], [5, 5, 0]])
    read = Reader(confusion_table(Confusion(["<a>", "b"], counts)))
    cells = [attributes.get("class") for tag, attributes in read.tags if tag == "td"]
    assert cells == ["number r9", "number b1", "number b5", "number r5"]
    assert "<a>" in read.text
    assert "nothing" not in read.text


def test_texts_that_could_not_be_read_have_a_column_of_their_own() -> None:
    read = Reader(confusion_table(Confusion(["a", "b"], np.array([[1, 0, 3], [0, 0, 0]]))))
    assert "nothing" in read.text
    cells = [attributes.get("class") for tag, attributes in read.tags if tag == "td"]
    assert cells[:3] == ["number r2", "number", "number b8"]
    assert cells[3:] == ["number"] * 3

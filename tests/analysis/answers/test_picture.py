"""The confusion of labels as a picture: its squares are shares of rows, its numbers the counts."""

from __future__ import annotations

import numpy as np
import pytest

from charnn.analysis.answers.picture import plot_confusion
from charnn.evaluation.examples import Confusion
from charnn.storage.pictures import encode_picture

pytest.importorskip("matplotlib")


def test_squares_are_shares_and_numbers_are_counts() -> None:
    figure = plot_confusion(Confusion(["a", "b"], np.array([[3, 1, 0], [0, 0, 0]])))
    axes, _ = figure.axes
    (image,) = axes.get_images()
    np.testing.assert_allclose(np.asarray(image.get_array()), np.array([[0.75, 0.25], [0, 0]]))
    assert [text.get_text() for text in axes.texts] == ["3", "1", "0", "0"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert encode_picture(figure, "png").startswith(b"\x89PNG")


def test_many_labels_have_no_numbers_and_a_name_is_not_a_formula() -> None:
    names = [f"$x_{number}$" for number in range(20)]
    figure = plot_confusion(Confusion(names, np.eye(20, 21, dtype=np.int64)))
    assert not figure.axes[0].texts
    assert encode_picture(figure, "svg")

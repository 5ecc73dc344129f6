"""Pictures as files."""

from __future__ import annotations

import io

import numpy as np
import pytest

from charnn.storage.pictures import encode_picture, new_figure

pytest.importorskip("matplotlib")


def test_a_png_is_small_and_keeps_its_colours() -> None:
    import matplotlib
    from PIL import Image

    figure = new_figure()
    axes = figure.subplots()
    axes.imshow(np.linspace(0, 1, 900).reshape(30, 30))
    for number, colour in enumerate(matplotlib.colormaps["tab10"].colors):  # type: ignore[attr-defined]
        axes.plot(np.sin(np.arange(30) + number) * 9 + 15, color=colour)
    plain = io.BytesIO()
    figure.savefig(plain, format="png", dpi=150)

    picture = encode_picture(figure, "png")

    assert picture == encode_picture(figure, "png")
    assert len(picture) < len(plain.getvalue()) / 2
    before, after = (np.asarray(Image.open(each).convert("RGB"), dtype=int) for each in (plain, io.BytesIO(picture)))
    assert after.shape == before.shape
    assert np.abs(after - before).mean() < 4
    assert np.abs(after - before).max() < 64

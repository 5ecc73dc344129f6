"""Pictures as PNG and SVG files; matplotlib comes with the extra `plot`."""

from __future__ import annotations

import importlib.util
import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from charnn.errors import UsageError
from charnn.storage.atomic import check_writable, write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")
_DOTS_PER_INCH = 150
_COLOURS = 160


def check_picture(path: Path) -> None:
    """Check, before any work begins, that `write_picture` can write this file.

    Raises:
        UsageError: the name ends in another format, its folder is missing, or matplotlib is not installed.
    """
    if path.suffix.lower().removeprefix(".") not in FORMATS:
        endings = " or ".join(f".{name}" for name in FORMATS)
        raise UsageError(f"a picture ends in {endings}, and `{path}` does not")
    check_writable(path)
    check_matplotlib()


def check_matplotlib() -> None:
    """Check that matplotlib is installed.

    Raises:
        UsageError: it is not.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError("pictures need matplotlib: pip install 'charnn[plot]'")


def new_figure(width: float = 7, height: float = 5) -> Figure:
    """An empty figure of this size in inches, not shown in any window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def write_picture(path: Path, figure: Figure) -> None:
    """Write a figure in the format that the file's name ends in, whole or not at all."""
    write_atomically(path, encode_picture(figure, path.suffix[1:].lower()))


def encode_picture(figure: Figure, form: str) -> bytes:
    """A figure as the bytes of a `png` or an `svg`; the same figure gives the same bytes."""
    import matplotlib

    picture = io.BytesIO()
    # No date and no random names. Where the font lacks a letter, the picture shows a box: that is warning enough.
    with matplotlib.rc_context({"svg.hashsalt": "charnn"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(picture, format=form, dpi=_DOTS_PER_INCH, metadata={"Date": None} if form == "svg" else None)
    return _with_palette(picture) if form == "png" else picture.getvalue()


def _with_palette(picture: io.BytesIO) -> bytes:
    """The same PNG with a palette: a third of the bytes, and no visible difference for lines and areas."""
    from PIL import Image

    image = Image.open(picture).convert("RGB")
    image = image.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    smaller = io.BytesIO()
    image.save(smaller, "PNG", optimize=True)
    return smaller.getvalue()

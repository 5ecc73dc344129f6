"""Networks made of the arrays of a weights file, where kernels can do all that is asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.cells import CELLS
from charnn.configuration.sections import Model
from charnn.inference.decoder import Decoder
from charnn.inference.examples import Classifier, ConditionalGenerator, EncoderDecoder
from charnn.inference.stack import Cell, Stack
from charnn.kernels.library import library
from charnn.storage.fitting import check_fit


def has_kernels(model: Model) -> bool:
    """Whether there are kernels for the cell of a section `model`, on this machine."""
    found = library()
    return found is not None and found.knows(model.cell.name)


def may_have_cuda() -> bool:
    """Whether torch might find a CUDA device; only torch knows, but without NVIDIA's driver it finds none."""
    return any(Path(path).exists() for path in ("/dev/nvidiactl", "/dev/dxg", "/proc/driver/nvidia"))


class Weights:
    """The weights of a file, and the section `model` that they belong to."""

    def __init__(self, model: Model, arrays: Mapping[str, NDArray[Any]], dtype: str, source: str) -> None:
        """Nothing is checked yet.

        Args:
            model: the section.
            arrays: the weights, by their names.
            dtype: the type of number that is computed in.
            source: what messages call them.
        """
        self.model, self.dtype, self.source = model, dtype, source
        self.cell = CELLS.load(model.cell.name)
        self.arrays = arrays

    def decoder(self, symbols: int) -> Decoder:
        """A language model of so many symbols.

        Raises:
            RunError: the weights are not those of such a model; this and the next are raised by the others too.
            DivergedError: they hold numbers that are not finite.
        """
        self._check(self._of_stack(symbols) | self._of_output(symbols))
        return Decoder(*self._stack(), *self._output(), residual=self.model.residual)

    def classifier(self, symbols: int, labels: int, *, was_asked_for_text: bool = False) -> Classifier:
        """A classifier of texts of so many symbols; the output layer that it learned the text with is left out."""
        of_text = {"W_s": (self.model.hidden, symbols + 1), "b_s": (symbols + 1,)} if was_asked_for_text else {}
        self._check(self._of_stack(symbols) | self._of_output(labels) | of_text)
        return Classifier(*self._stack(), *self._output(), residual=self.model.residual)

    def conditional_generator(self, labels: int, symbols: int) -> ConditionalGenerator:
        """A generator of texts of so many symbols, and of the border."""
        model, parts = self.model, len(self.cell.state_parts)
        entry = {"entry": (labels, model.hidden * model.layers * parts)}
        self._check(self._of_stack(symbols + 1) | self._of_output(symbols + 1) | entry)
        made = ConditionalGenerator(*self._stack(), *self._output(), residual=model.residual)
        made.entry = self._array("entry")
        return made

    def encoder_decoder(self, sources: int, targets: int, *, reverse_source: bool) -> EncoderDecoder:
        """An encoder–decoder between so many symbols."""
        decoder = self._of_stack(targets + 1) | self._of_output(targets + 1)
        shapes = {f"encoder.{name}": shape for name, shape in self._of_stack(sources).items()}
        self._check(shapes | {f"decoder.{name}": shape for name, shape in decoder.items()})
        residual = self.model.residual
        return EncoderDecoder(
            Stack(*self._stack("encoder."), residual=residual),
            Decoder(*self._stack("decoder."), *self._output("decoder."), residual=residual),
            reverse_source=reverse_source,
        )

    def _of_stack(self, symbols: int) -> dict[str, tuple[int, ...]]:
        """The shapes of the parameters of a stack of cells, by their names (see `charnn.networks.stack.Stack`)."""
        model, columns = self.model, len(self.cell.gates) * self.model.hidden
        shapes: dict[str, tuple[int, ...]] = {"embedding": (symbols, model.embedding)} if model.embedding else {}
        for layer, inputs in enumerate([model.embedding or symbols, *[model.hidden] * (model.layers - 1)]):
            shapes[f"cells.{layer}.W_x"] = inputs, columns
            shapes[f"cells.{layer}.W_h"] = model.hidden, columns
            if self.cell.has_bias:
                shapes[f"cells.{layer}.b"] = (columns,)
        return shapes

    def _of_output(self, symbols: int) -> dict[str, tuple[int, ...]]:
        return {"W_q": (self.model.hidden, symbols), "b_q": (symbols,)}

    def _check(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        check_fit(shapes, self.arrays, self.source)

    def _stack(self, prefix: str = "") -> tuple[list[Cell], NDArray[Any] | None]:
        cells = [
            Cell(
                self.model.cell.name,
                len(self.cell.state_parts),
                self._array(f"{prefix}cells.{layer}.W_x"),
                self._array(f"{prefix}cells.{layer}.W_h"),
                self._array(f"{prefix}cells.{layer}.b") if self.cell.has_bias else None,
            )
            for layer in range(self.model.layers)
        ]
        return cells, self._array(f"{prefix}embedding") if self.model.embedding else None

    def _output(self, prefix: str = "") -> tuple[NDArray[Any], NDArray[Any]]:
        return self._array(f"{prefix}W_q"), self._array(f"{prefix}b_q")

    def _array(self, name: str) -> NDArray[Any]:
        return np.ascontiguousarray(self.arrays[name], dtype=self.dtype)

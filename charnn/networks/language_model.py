"""The character model: characters → (embedding) → a stack of cells → logits.

    o_t = W_qh h_t + b_q      L = (1/T) Σ_t l(y_t, o_t),  l the cross-entropy of softmax(o_t)

T time steps · B lanes · V symbols · E embedding · H hidden units
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from charnn.bptt.recurrence import Engine, engine
from charnn.bptt.whole import WholeWindow
from charnn.cells import Cell, State, cell_class
from charnn.configuration.sections import Model
from charnn.kernels.output import loss_by_torch
from charnn.networks.readout import Loss, logits

States = tuple[State, ...]
Noise = Callable[[Tensor], Tensor]
"""Gives uniform numbers between 0 and 1 of the shape of a tensor."""


class CharacterModel(nn.Module):
    """A stack of cells between one-hot (or embedded) characters and logits.

    Parameters, by the names that they have in a weights file: `embedding` (V, E) where there is one;
    `cells.I.W_x` (D, G·H), `cells.I.W_h` (H, G·H), `cells.I.b` (G·H) for layer I, gates side by side in the
    order of the cell's `gates`; `W_q` (H, V), the transpose of W_qh; `b_q` (V).
    """

    def __init__(self, vocabulary: int, options: Model) -> None:
        super().__init__()
        cell = cell_class(options.cell)
        self.embedding = nn.Parameter(torch.zeros(vocabulary, options.embedding)) if options.embedding else None
        widths = [options.embedding or vocabulary, *[options.hidden] * options.layers]
        self.cells = nn.ModuleList([cell(inputs, options.hidden) for inputs in widths[:-1]])
        self.W_q = nn.Parameter(torch.zeros(options.hidden, vocabulary))
        self.b_q = nn.Parameter(torch.zeros(vocabulary))
        self.dropout = options.dropout

    def zero_state(self, lanes: int) -> States:
        """The state of every layer before anything was read."""
        return tuple(cell.zero_state(lanes) for cell in self.stack())

    def forward(
        self,
        ids: Int[Tensor, "T B"],
        states: States,
        *,
        gates: Sequence[float] | None = None,
        run: Engine | None = None,
        noise: Noise | None = None,
        targets: Int[Tensor, "C B"] | None = None,
        loss: Loss = loss_by_torch,
        whole: WholeWindow | None = None,
    ) -> tuple[Float[Tensor, "T B V"] | Float[Tensor, ""], States]:
        """Logits of the next character after each step, or their summed loss, and the state after the last step.

        Args:
            gates: ξ_t of each step, shared by all layers, parts of the state and lanes.
            run: the engine; the fastest that fits where none is given.
            noise: what dropout draws; without it nothing is dropped.
            targets: what follows on each of the last C steps, whose losses are then summed in place of logits.
            loss: how they are summed.
            whole: what does all of this at once where there is one layer; no gradient flows through `states` then.
        """
        if whole is not None and targets is not None and len(self.cells) == 1 and self.embedding is None:
            (cell,), (state,) = self.stack(), states
            done = whole(cell, self.W_q, self.b_q, ids, targets, state, gates)
            if done is not None:
                return done[0], (done[1],)
        run = run or engine()
        x = ids if self.embedding is None else functional.embedding(ids, self.embedding)
        last = []
        for layer, (cell, state) in enumerate(zip(self.stack(), states, strict=True)):
            if layer > 0 and noise is not None:
                x = self._drop(x, noise)
            x, state = run(cell, x, state, gates)
            last.append(state)
        if targets is not None:
            read = x if len(x) == len(targets) else x[len(x) - len(targets) :]
            return loss(read, self.W_q, self.b_q, targets), tuple(last)
        return logits(x, self.W_q, self.b_q), tuple(last)

    def stack(self) -> list[Cell]:
        """The cells, from the characters to the logits."""
        return [cast(Cell, cell) for cell in self.cells]

    def _drop(self, x: Tensor, noise: Noise) -> Tensor:
        """Inverted dropout between layers (Zaremba, Sutskever & Vinyals, 2014)."""
        if self.dropout == 0:
            return x
        kept = noise(x) >= self.dropout
        return x * kept / (1 - self.dropout)


def summed_loss(logits: Float[Tensor, "T B V"], targets: Int[Tensor, "T B"]) -> Float[Tensor, ""]:
    """The cross-entropy in nats, summed over steps and lanes."""
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")


def detached(states: States) -> States:
    """The same state, from which no gradient flows back."""
    return tuple(tuple(part.detach() for part in state) for state in states)

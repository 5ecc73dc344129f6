"""What each step contributes to the gradient of each loss, exactly.

    u_{s,t} = ∂⁺a_s/∂w · ∂l_t/∂a_s

a_s is the sum that the weights' products go into at step s (the projected input of a gate, the logits, the embedded
character), and ∂⁺ the immediate derivative. With m_s, what the weights multiply, u_{s,t} = m_s ⊗ ∂l_t/∂a_s.

T lanes read the same text, lane t with its loss at step t alone, so that one backward pass gives every ∂l_t/∂a_s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from charnn.analysis.truncation.factors import DiagonalFactor, Factor
from charnn.bptt.engines import Engine
from charnn.bptt.execution import Execution
from charnn.bptt.rows import Gates
from charnn.cells import Cell, State
from charnn.errors import UsageError
from charnn.networks.decoder import Decoder
from charnn.networks.readout import cross_entropy


@dataclass(frozen=True)
class Contributions:
    """u_{s,t} of all steps and losses of one text, as factors."""

    factors: Sequence[Factor]

    @property
    def length(self) -> int:
        """T."""
        return len(self.factors[0].multiplied)

    def product(
        self, kept: Float[Tensor, "*N T T"], other: Contributions, other_kept: Float[Tensor, "T T"]
    ) -> Float[Tensor, "*N"]:
        """The scalar product of the gradients (1/T) Σ P u under two plans, for each draw of the first."""
        total = kept.new_zeros(kept.shape[:-2])
        for own, others in zip(self.factors, other.factors, strict=True):
            total = total + own.product(kept, others, other_kept)
        return total / self.length**2

    def squared_norm(self, kept: Float[Tensor, "*N T T"]) -> Float[Tensor, "*N"]:
        """‖(1/T) Σ P u‖², for each draw."""
        total = kept.new_zeros(kept.shape[:-2])
        for factor in self.factors:
            total = total + factor.squared_norm(kept)
        return total / self.length**2

    def norms(self) -> Float[Tensor, "T T"]:
        """‖u_{s,t}‖ by step and loss."""
        return sum((factor.squares() for factor in self.factors), start=torch.zeros(())).sqrt()

    def variance(self, pi: Sequence[float]) -> float:
        """E‖g − E g‖² of randomized truncation, without any draw.

            E[P_{s,t} P_{s',t'}] = Π 1/π_j  over the steps j that both products pass

        Args:
            pi: π_j of each step.
        """
        steps = self.length
        # log Π 1/π_j up to step j, which is included.
        logs = -torch.tensor([1.0, *pi[1:]], dtype=torch.float64).log().cumsum(0)
        numbers = torch.arange(steps)
        end = torch.minimum(numbers[:, None], numbers[None, :])
        total = 0.0
        for s in range(steps):
            begin = numbers.clamp_min(s)
            # Covariances of P_{s,t} and P_{s',t'}, by t, s' and t'.
            passed = (logs[end][:, None, :] - logs[begin][None, :, None]).clamp_min(0)
            excess = torch.expm1(passed)
            total += sum(factor.covariance(s, excess) for factor in self.factors)
        return total / steps**2


def contributions(network: Decoder, ids: Int[Tensor, " U"], resets: Set[int] = frozenset()) -> Contributions:
    """Follow every loss of a text back through every step.

    Args:
        network: the network.
        ids: T + 1 ids; the last one is only predicted.
        resets: steps at which the state resets.

    Raises:
        UsageError: layers add their input to their output, so that paths differ in more than steps.
    """
    if network.residual:
        raise UsageError("the contributions of single paths are not known for layers with `model.residual`")
    inputs, targets = ids[:-1], ids[1:]
    steps = len(inputs)
    engine = _Noting(network, inputs, resets)
    logits, _ = network.logits(inputs[:, None].expand(steps, steps), network.zero_state(steps), Execution(engine))
    engine.notes.append(_Note(_with_one(engine.output), logits))
    own = torch.arange(steps)
    loss = cross_entropy(logits[own, own][None], targets[None])
    gradients = torch.autograd.grad(loss, [note.sums for note in engine.notes])
    return Contributions([note.factor(gradient) for note, gradient in zip(engine.notes, gradients, strict=True)])


class _Note(NamedTuple):
    """What the weights of one factor multiply, and which sums their products go into.

    Attributes:
        multiplied: (T, M), the same in all lanes.
        sums: (T, T, …) by step and lane.
        columns: which columns of the sums.
        kind: of the factor.
    """

    multiplied: Tensor
    sums: Tensor
    columns: slice = slice(None)
    kind: type[Factor] = Factor

    def factor(self, gradient: Float[Tensor, "T T _"]) -> Factor:
        """The factor, from the gradient with respect to the sums."""
        return self.kind(self.multiplied.detach(), gradient[..., self.columns])


@dataclass
class _Noting(Engine):
    """A plain loop over the equations, which notes the factors.

    Attributes:
        network: the network that is read with.
        inputs: (T) the ids that are read.
        resets: steps at which the state resets.
        notes: one for each factor of the layers that have run.
        output: (T, H) the outputs of the layer that ran last.
    """

    network: Decoder
    inputs: Tensor
    resets: Set[int]
    notes: list[_Note] = field(default_factory=list)
    output: Tensor = field(init=False)

    def __call__(
        self,
        cell: Cell,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        state: State,
        xi: Gates | None = None,
        ends: Int[Tensor, " B"] | None = None,
    ) -> tuple[Float[Tensor, "T B H"], State]:
        """Run a cell over the text (see `Engine`)."""
        if x.is_floating_point() and self.network.embedding is not None and cell is self.network.layers[0]:
            self.notes.append(_Note(functional.one_hot(self.inputs, len(self.network.embedding)).double(), x))
        projected = cell.project(x)
        hidden, multiplied = [], list[dict[str, Tensor]]()
        for step, a in enumerate(projected):
            if step in self.resets:
                state = cell.zero_state(x.shape[1])
            multiplied.append(_multiplied(cell, a, state))
            state, _ = cell.step(a, state)
            hidden.append(state[0])
        by_name = {name: torch.cat([values[name] for values in multiplied]) for name in multiplied[0]}
        self.notes += _notes(cell, _read(cell, x), by_name, projected)
        output = torch.stack(hidden)
        self.output = output[:, 0]
        return output, state


def _read(cell: Cell, x: Float[Tensor, "T B D"] | Int[Tensor, "T B"]) -> Float[Tensor, "T M"]:
    """What the input weights and the bias multiply, in the first of the equal lanes."""
    read = x[:, 0] if x.is_floating_point() else functional.one_hot(x[:, 0], cell.inputs).double()
    return read if cell.b is None else _with_one(read)


def _notes(cell: Cell, read: Tensor, multiplied: dict[str, Tensor], projected: Tensor) -> Iterator[_Note]:
    """The factors of a cell.

    Args:
        cell: the cell.
        read: what its input weights and its bias multiply.
        multiplied: what its other weights multiply, by name.
        projected: the projected inputs of its gates.
    """
    for matrix in cell.recurrent:
        own = torch.cat((read, multiplied[matrix.multiplies]), dim=1)
        yield _Note(own, projected, cell.columns(matrix.gates))
    for gate in cell.gates:
        if not any(gate in matrix.gates for matrix in cell.recurrent):
            yield _Note(read, projected, cell.columns((gate,)))
    for weight in cell.weights:
        own = multiplied[weight.multiplies]
        if weight.diagonal:
            own = own.repeat(1, len(weight.gates))
        yield _Note(own, projected, cell.columns(weight.gates), DiagonalFactor if weight.diagonal else Factor)


@torch.no_grad()
def _multiplied(cell: Cell, a: Tensor, state: State) -> dict[str, Float[Tensor, "1 H"]]:
    """What the cell's weights multiply at one step, by its name, in the first of the equal lanes."""
    first = tuple(part[:1] for part in state)
    names = [matrix.multiplies for matrix in cell.recurrent] + [weight.multiplies for weight in cell.weights]
    others = [name for name in dict.fromkeys(names) if name != "h"]
    if not others:
        return {"h": first[0]}
    _, saved = cell.step_forward(a[:1], first)
    return {"h": first[0], **{name: getattr(saved, name) for name in others}}


def _with_one(values: Float[Tensor, "T M"]) -> Float[Tensor, "T N"]:
    """What weights with a bias multiply."""
    return torch.cat((values, torch.ones_like(values[:, :1])), dim=1)

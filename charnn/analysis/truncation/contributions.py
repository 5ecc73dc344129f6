"""What each step contributes to the gradient of each loss, exactly.

    u_{s,t} = ∂⁺a_s/∂w · ∂l_t/∂a_s

a_s is what the weights feed at step s (the sums that gates take, the logits, the embedded character), and ∂⁺ the
immediate derivative. The gradient of weights that multiply m_s is then Σ_s m_s ⊗ Σ_t P_{s,t} ∂l_t/∂a_s, so that
products of gradients are had from products of m and of ∂l/∂a: no gradient is ever written out.

T lanes read the same text, lane t with its loss at step t alone: one pass backwards gives every ∂l_t/∂a_s.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from charnn.bptt.engines import Engine
from charnn.bptt.execution import Execution
from charnn.cells import Cell, State
from charnn.networks.decoder import Decoder
from charnn.networks.readout import cross_entropy


@dataclass(frozen=True)
class Factor:
    """The weights that feed the same sums: a recurrent matrix, say, and the input weights and biases of its gates.

    Attributes:
        multiplied: (T, M) what the weights multiply at each step, m_s; 1 for a bias.
        gradients: (T, T, G) ∂l_t/∂a_s, by step s and loss t; 0 where s > t.
    """

    multiplied: Float[Tensor, "T M"]
    gradients: Float[Tensor, "T T G"]

    def weighted(self, kept: Float[Tensor, "*N T T"]) -> Float[Tensor, "*N T G"]:
        """Σ_t P_{s,t} ∂l_t/∂a_s."""
        return torch.einsum("...st,stg->...sg", kept, self.gradients)

    def product(
        self, kept: Float[Tensor, "*N T T"], other: Factor, other_kept: Float[Tensor, "T T"]
    ) -> Float[Tensor, "*N"]:
        """The scalar product of Σ P u with that of the same weights in another plan."""
        right = (self.multiplied @ other.multiplied.t()) @ other.weighted(other_kept)
        return (self.weighted(kept) * right).sum((-2, -1))

    def squared_norm(self, kept: Float[Tensor, "*N T T"]) -> Float[Tensor, "*N"]:
        """‖Σ P u‖², of each draw."""
        weighted = self.weighted(kept)
        return (weighted * ((self.multiplied @ self.multiplied.t()) @ weighted)).sum((-2, -1))

    def squares(self) -> Float[Tensor, "T T"]:
        """‖u_{s,t}‖² by step and loss."""
        return self.multiplied.square().sum(1)[:, None] * self.gradients.square().sum(2)

    def covariance(self, step: int, excess: Float[Tensor, "T T T"]) -> float:
        """Σ over t, s' and t' of u_{s,t} · u_{s',t'} times `excess`, which is by t, s' and t'; s is `step`."""
        products = torch.einsum("tg,rug->tru", self.gradients[step], self.gradients)
        between = self.multiplied @ self.multiplied[step]
        return float((products * excess * between[None, :, None]).sum())


class DiagonalFactor(Factor):
    """A weight that is diagonal: M = G, and each number of m_s feeds the sum of its own unit alone."""

    def gradient(self, kept: Float[Tensor, "*N T T"]) -> Float[Tensor, "*N G"]:
        """Σ_s m_s ⊙ Σ_t P_{s,t} ∂l_t/∂a_s, the gradient itself, which is no larger than a state."""
        return (self.multiplied * self.weighted(kept)).sum(-2)

    def product(
        self, kept: Float[Tensor, "*N T T"], other: Factor, other_kept: Float[Tensor, "T T"]
    ) -> Float[Tensor, "*N"]:
        """See `Factor`."""
        assert isinstance(other, DiagonalFactor)
        return (self.gradient(kept) * other.gradient(other_kept)).sum(-1)

    def squared_norm(self, kept: Float[Tensor, "*N T T"]) -> Float[Tensor, "*N"]:
        """See `Factor`."""
        return self.gradient(kept).square().sum(-1)

    def squares(self) -> Float[Tensor, "T T"]:
        """See `Factor`."""
        return (self.multiplied[:, None] * self.gradients).square().sum(2)

    def covariance(self, step: int, excess: Float[Tensor, "T T T"]) -> float:
        """See `Factor`."""
        contributed = self.multiplied[:, None] * self.gradients
        return float((torch.einsum("tg,rug->tru", contributed[step], contributed) * excess).sum())


@dataclass(frozen=True)
class Contributions:
    """u_{s,t} of all steps and losses of one text, by the sums that the weights feed."""

    factors: Sequence[Factor]

    @property
    def length(self) -> int:
        """T."""
        return len(self.factors[0].multiplied)

    def product(
        self, kept: Float[Tensor, "*N T T"], other: Contributions, other_kept: Float[Tensor, "T T"]
    ) -> Float[Tensor, "*N"]:
        """The scalar product of the gradients (1/T) Σ P u of two plans; `kept` may hold those of many draws."""
        total = kept.new_zeros(kept.shape[:-2])
        for own, others in zip(self.factors, other.factors, strict=True):
            total = total + own.product(kept, others, other_kept)
        return total / self.length**2

    def squared_norm(self, kept: Float[Tensor, "*N T T"]) -> Float[Tensor, "*N"]:
        """‖(1/T) Σ P u‖², of each draw."""
        total = kept.new_zeros(kept.shape[:-2])
        for factor in self.factors:
            total = total + factor.squared_norm(kept)
        return total / self.length**2

    def norms(self) -> Float[Tensor, "T T"]:
        """‖u_{s,t}‖ by step and loss."""
        return sum((factor.squares() for factor in self.factors), start=torch.zeros(())).sqrt()

    def variance(self, pi: Sequence[float]) -> float:
        """E‖g − E g‖² of randomized truncation, without drawing anything.

            E[P_{s,t} P_{s',t'}] = Π 1/π_j  over the steps j that both products pass

        Args:
            pi: π_j of each step.
        """
        steps = self.length
        # log Π 1/π_j up to and with step j.
        logs = -torch.tensor([1.0, *pi[1:]], dtype=torch.float64).log().cumsum(0)
        places = torch.arange(steps)
        end = torch.minimum(places[:, None], places[None, :])
        total = 0.0
        for s in range(steps):
            begin = places.clamp_min(s)
            # Covariances of P_{s,t} and P_{s',t'}, by t, s' and t'.
            passed = (logs[end][:, None, :] - logs[begin][None, :, None]).clamp_min(0)
            excess = torch.expm1(passed)
            total += sum(factor.covariance(s, excess) for factor in self.factors)
        return total / steps**2


def contributions(network: Decoder, ids: Int[Tensor, " U"], resets: Set[int] = frozenset()) -> Contributions:
    """Follow every loss of a text back through every step.

    Args:
        ids: T + 1 ids: the last is a target alone.
        resets: steps at which the state resets.
    """
    inputs, targets = ids[:-1], ids[1:]
    steps = len(inputs)
    watch = _Watch(network, inputs, resets)
    logits, _ = network.logits(inputs[:, None].expand(steps, steps), network.zero_state(steps), Execution(watch))
    watch.note(_with_one(watch.output), logits)
    own = torch.arange(steps)
    gradients = torch.autograd.grad(cross_entropy(logits[own, own][None], targets[None]), watch.fed)
    return Contributions(
        [
            kind(multiplied, gradient[..., columns])
            for kind, multiplied, gradient, columns in zip(
                watch.kinds, watch.multiplied, gradients, watch.columns, strict=True
            )
        ]
    )


@dataclass
class _Watch(Engine):
    """An engine that notes what the weights multiply and what they feed.

    Attributes:
        inputs: (T) the ids that are read.
        resets: steps at which the state resets.
        kinds: of each factor.
        multiplied: (T, M) for each factor, the same in all lanes.
        fed: what its weights feed, and in `columns` which columns of it.
        output: (T, H) the outputs of the layer that ran last.
    """

    network: Decoder
    inputs: Tensor
    resets: Set[int]
    kinds: list[type[Factor]] = field(default_factory=list)
    multiplied: list[Tensor] = field(default_factory=list)
    fed: list[Tensor] = field(default_factory=list)
    columns: list[slice] = field(default_factory=list)
    output: Tensor = field(init=False)

    def note(self, multiplied: Tensor, fed: Tensor, columns: slice = slice(None), kind: type[Factor] = Factor) -> None:
        """Note one factor."""
        self.kinds.append(kind)
        self.multiplied.append(multiplied.detach())
        self.fed.append(fed)
        self.columns.append(columns)

    def __call__(
        self,
        cell: Cell,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        state: State,
        xi: Sequence[float] | None = None,
    ) -> tuple[Float[Tensor, "T B H"], State]:
        """Run a cell over the text (see `Engine`)."""
        if not x.is_floating_point():
            read = functional.one_hot(x[:, 0], cell.inputs).double()
        else:
            read = x[:, 0]
            if self.network.embedding is not None and cell is self.network.layers[0]:
                self.note(functional.one_hot(self.inputs, len(self.network.embedding)).double(), x)
        projected = cell.project(x)
        if cell.b is not None:
            read = _with_one(read)
        hidden, multiplied = [], list[dict[str, Tensor]]()
        for step, a in enumerate(projected):
            if step in self.resets:
                state = cell.zero_state(x.shape[1])
            multiplied.append(_multiplied(cell, a, state))
            state, _ = cell.step(a, state)
            hidden.append(state[0])
        for matrix in cell.recurrent:
            before = torch.cat([values[matrix.multiplies] for values in multiplied])
            self.note(torch.cat((read, before), dim=1), projected, cell.columns(matrix.gates))
        if not cell.recurrent:
            self.note(read, projected)
        for weight in cell.weights:
            before = torch.cat([values[weight.multiplies] for values in multiplied])
            before = before.repeat(1, len(weight.gates)) if weight.diagonal else before
            self.note(before, projected, cell.columns(weight.gates), DiagonalFactor if weight.diagonal else Factor)
        output = torch.stack(hidden)
        self.output = output[:, 0]
        return output, state


@torch.no_grad()
def _multiplied(cell: Cell, a: Tensor, state: State) -> dict[str, Float[Tensor, "1 H"]]:
    """What the cell's weights multiply at one step, by its name, in the first of the equal lanes."""
    first = tuple(part[:1] for part in state)
    found = {"h": first[0]}
    names = [matrix.multiplies for matrix in cell.recurrent] + [weight.multiplies for weight in cell.weights]
    others = set(names) - {"h"}
    if others:
        _, saved = cell.step_forward(a[:1], first)
        found |= {name: getattr(saved, name) for name in others}
    return found


def _with_one(values: Float[Tensor, "T M"]) -> Float[Tensor, "T N"]:
    """What weights with a bias multiply."""
    return torch.cat((values, torch.ones_like(values[:, :1])), dim=1)

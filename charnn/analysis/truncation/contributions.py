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

from charnn.cells import Cell, State
from charnn.networks.language_model import CharacterModel, summed_loss


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
            between = own.multiplied @ others.multiplied.t()
            right = between @ others.weighted(other_kept)
            total = total + (own.weighted(kept) * right).sum((-2, -1))
        return total / self.length**2

    def squared_norm(self, kept: Float[Tensor, "*N T T"]) -> Float[Tensor, "*N"]:
        """‖(1/T) Σ P u‖², of each draw."""
        total = kept.new_zeros(kept.shape[:-2])
        for factor in self.factors:
            weighted = factor.weighted(kept)
            total = total + (weighted * ((factor.multiplied @ factor.multiplied.t()) @ weighted)).sum((-2, -1))
        return total / self.length**2

    def norms(self) -> Float[Tensor, "T T"]:
        """‖u_{s,t}‖ by step and loss."""
        squares = sum(
            (factor.multiplied.square().sum(1)[:, None] * factor.gradients.square().sum(2) for factor in self.factors),
            start=torch.zeros(()),
        )
        return squares.sqrt()

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
            for factor in self.factors:
                products = torch.einsum("tg,rug->tru", factor.gradients[s], factor.gradients)
                between = factor.multiplied @ factor.multiplied[s]
                total += float((products * excess * between[None, :, None]).sum())
        return total / steps**2


def contributions(model: CharacterModel, ids: Int[Tensor, " U"], resets: Set[int] = frozenset()) -> Contributions:
    """Follow every loss of a text back through every step.

    Args:
        ids: T + 1 ids: the last is a target alone.
        resets: steps at which the state resets.
    """
    inputs, targets = ids[:-1], ids[1:]
    steps = len(inputs)
    watch = _Watch(model, inputs, resets)
    logits, _ = model(inputs[:, None].expand(steps, steps), model.zero_state(steps), run=watch.run)
    watch.note(_with_one(watch.output), logits)
    own = torch.arange(steps)
    gradients = torch.autograd.grad(summed_loss(logits[own, own][None], targets[None]), watch.fed)
    return Contributions(
        [
            Factor(multiplied, gradient[..., columns])
            for multiplied, gradient, columns in zip(watch.multiplied, gradients, watch.columns, strict=True)
        ]
    )


@dataclass
class _Watch:
    """An engine that notes what the weights multiply and what they feed.

    Attributes:
        inputs: (T) the ids that are read.
        resets: steps at which the state resets.
        multiplied: (T, M) for each factor, the same in all lanes.
        fed: what its weights feed, and in `columns` which columns of it.
        output: (T, H) the outputs of the layer that ran last.
    """

    model: CharacterModel
    inputs: Tensor
    resets: Set[int]
    multiplied: list[Tensor] = field(default_factory=list)
    fed: list[Tensor] = field(default_factory=list)
    columns: list[slice] = field(default_factory=list)
    output: Tensor = field(init=False)

    def note(self, multiplied: Tensor, fed: Tensor, columns: slice = slice(None)) -> None:
        """Note one factor."""
        self.multiplied.append(multiplied.detach())
        self.fed.append(fed)
        self.columns.append(columns)

    def run(
        self,
        cell: Cell,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        state: State,
        gates: Sequence[float] | None = None,
    ) -> tuple[Float[Tensor, "T B H"], State]:
        """Run the cell over the text (see `charnn.bptt.recurrence.Engine`)."""
        if not x.is_floating_point():
            read = functional.one_hot(x[:, 0], cell.inputs).double()
        else:
            read = x[:, 0]
            if self.model.embedding is not None and cell is self.model.stack()[0]:
                self.note(functional.one_hot(self.inputs, len(self.model.embedding)).double(), x)
        projected = cell.project(x)
        if cell.b is not None:
            read = _with_one(read)
        hidden, recurrent = [], [list[Tensor]() for _ in cell.recurrent]
        for step, a in enumerate(projected):
            if step in self.resets:
                state = cell.zero_state(x.shape[1])
            for matrix, values in zip(cell.recurrent, recurrent, strict=True):
                values.append(_multiplied(cell, matrix.multiplies, a, state))
            state, _ = cell.step(a, state)
            hidden.append(state[0])
        for matrix, values in zip(cell.recurrent, recurrent, strict=True):
            self.note(torch.cat((read, torch.cat(values)), dim=1), projected, cell.columns(matrix.gates))
        output = torch.stack(hidden)
        self.output = output[:, 0]
        return output, state


@torch.no_grad()
def _multiplied(cell: Cell, name: str, a: Tensor, state: State) -> Float[Tensor, "1 H"]:
    """What a recurrent matrix multiplies at one step, in the first of the equal lanes."""
    if name == "h":
        return state[0][:1]
    _, saved = cell.step_forward(a[:1], tuple(part[:1] for part in state))
    value: Tensor = getattr(saved, name)
    return value


def _with_one(values: Float[Tensor, "T M"]) -> Float[Tensor, "T N"]:
    """What weights with a bias multiply."""
    return torch.cat((values, torch.ones_like(values[:, :1])), dim=1)

"""Factors: weights whose gradient is a sum of products over the steps, none of which is ever written out.

    ∂L/∂w = Σ_s m_s ⊗ Σ_t P_{s,t} ∂l_t/∂a_s

m_s is what the weights multiply at step s, a_s the sum that their product goes into, and P_{s,t} what truncation leaves
of the contribution of step s to the gradient of the loss l_t. Scalar products of such gradients follow from those of m
and of ∂l/∂a.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Factor:
    """Weights whose products go into the same sums, such as a recurrent matrix, the input weights and the bias.

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
        """The scalar product of the gradient with that of the same weights under another plan."""
        right = (self.multiplied @ other.multiplied.t()) @ other.weighted(other_kept)
        return (self.weighted(kept) * right).sum((-2, -1))

    def squared_norm(self, kept: Float[Tensor, "*N T T"]) -> Float[Tensor, "*N"]:
        """The squared norm of the gradient, for each draw."""
        weighted = self.weighted(kept)
        return (weighted * ((self.multiplied @ self.multiplied.t()) @ weighted)).sum((-2, -1))

    def squares(self) -> Float[Tensor, "T T"]:
        """‖m_s ⊗ ∂l_t/∂a_s‖² by step and loss."""
        return self.multiplied.square().sum(1)[:, None] * self.gradients.square().sum(2)

    def covariance(self, step: int, excess: Float[Tensor, "T T T"]) -> float:
        """Σ over t, s' and t' of u_{s,t} · u_{s',t'} times `excess`, where u_{s,t} = m_s ⊗ ∂l_t/∂a_s.

        Args:
            step: s.
            excess: a number for each t, s' and t'.
        """
        products = torch.einsum("tg,rug->tru", self.gradients[step], self.gradients)
        between = self.multiplied @ self.multiplied[step]
        return float((products * excess * between[None, :, None]).sum())


class DiagonalFactor(Factor):
    """Diagonal weights: M = G, and each unit's sum takes in the product of its own number in m_s alone, m_s ⊙ p."""

    def gradient(self, kept: Float[Tensor, "*N T T"]) -> Float[Tensor, "*N G"]:
        """The gradient itself, Σ_s m_s ⊙ Σ_t P_{s,t} ∂l_t/∂a_s, which is not larger than a state."""
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

"""A network mixed with the Markov model of its training part, as a run keeps it.

    p(w) = λ_1 p_network(w) + λ_2 p_Markov(w) + λ_3 p_grown(w),    λ by the kind of context

The third expert is there while the network adapts: counts of what was read so far, over the Markov model. A kind is how
sure the network is, that is its greatest probability, and how long a context the grown counts have.

Weights, and the rate of adaptation, are learned on the part of the text that `train.hold_out` kept from network and
counts, which both take it in afterwards: the network's weights are then those of `INFORMED` in the run folder. Without
such a part they begin with the priors below, and are learned from what was read. No torch but to write the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.data.text.units import Ids
from charnn.evaluation.mixing import Floats, Kinds, LearnedWeights
from charnn.mixture.kept import Kept, read_mixture, write_mixture
from charnn.ngrams.growing import LONGEST
from charnn.ngrams.interpolated import Interpolated
from charnn.ngrams.model import fitting
from charnn.ngrams.stored import StoredModel
from charnn.runs.run import Run

MODEL = "modified-kneser-ney"
ORDER = 7
"""Of the Markov model, where none is given."""
PRIORS = {2: (0.7, 0.3), 3: (0.7, 0.2, 0.1)}
"""The weights of network, Markov model and grown counts where none were learned."""

SURE = (0.3, 0.5, 0.7, 0.9, 0.97)
"""The bounds between kinds of context, by the network's greatest probability."""
KINDS = (len(SURE) + 1) * (LONGEST + 1)


@dataclass(frozen=True)
class Mixture:
    """The Markov model, and what was learned of the weights.

    Attributes:
        model: the Markov model.
        weights: (K, 2) the learned weights by the kind of context; None where nothing was held out.
        adapting: (K, 3) the same while the network adapts.
        rate: the rate of adaptation that was learned with them.
        scales: √ of the mean square of each parameter's gradient over the training part, for scaled steps.
    """

    model: StoredModel
    weights: Floats | None = None
    adapting: Floats | None = None
    rate: float | None = None
    scales: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def is_learned(self) -> bool:
        """Whether weights were learned on text that was held out."""
        return self.weights is not None

    def begin(self, experts: int) -> LearnedWeights:
        """The weights of so many experts, before anything was read."""
        learned = self.weights if experts == 2 else self.adapting
        return LearnedWeights(PRIORS[experts] if learned is None else learned, KINDS)


def kinds_of(greatest: Floats, lengths: Kinds) -> Kinds:
    """(N,) the kind of each context.

    Args:
        greatest: (N,) the network's greatest probability.
        lengths: (N,) the length of the longest context that the grown counts have; 0 without them.
    """
    return np.asarray(lengths * (len(SURE) + 1) + np.digitize(greatest, SURE), dtype=np.int64)


def markov_model(ids: Ids, symbols: int, order: int) -> StoredModel:
    """The Markov model of a text.

    Args:
        ids: the text.
        symbols: V.
        order: the highest.

    Raises:
        InputError: the text has fewer symbols than the order.
    """
    model = fitting(MODEL)(ids, symbols, order)
    assert isinstance(model, Interpolated)
    return StoredModel.of(model)


def save_mixture(run: Run, mixture: Mixture) -> Kept:
    """Write a mixture into a run."""
    arrays: dict[str, NDArray[Any]] = {f"model.{name}": values for name, values in mixture.model.arrays().items()}
    weights = {"weights": mixture.weights, "adapting": mixture.adapting}
    arrays |= {name: values for name, values in weights.items() if values is not None}
    arrays |= {f"scales.{name}": scale for name, scale in mixture.scales.items()}
    order, rate = mixture.model.order, mixture.rate
    size = write_mixture(run, arrays, {"order": order, "rate": rate})
    if mixture.weights is None:
        how = "weights and rate begin at their priors, and are learned from what is read"
        return Kept(MODEL, order, mixture.model.size, size, weights=None, how=how)
    how = f"weights and rate ({rate:.2g}) were learned on what `train.hold_out` kept, and both have read it since"
    shares = mixture.weights.mean(0).tolist()
    return Kept(MODEL, order, mixture.model.size, size, weights=shares, how=how, rate=rate)


def load_mixture(run: Run) -> Mixture | None:
    """The mixture of a run; None where it has none.

    Raises:
        RunError: its file is damaged.
    """
    symbols = len(run.vocabulary())

    def made_of(arrays: dict[str, NDArray[Any]], document: dict[str, Any]) -> Mixture:
        model = StoredModel.from_arrays(_under("model.", arrays), symbols, int(document["order"]))
        weights, adapting = _checked_weights(arrays.get("weights"), 2), _checked_weights(arrays.get("adapting"), 3)
        rate = None if document["rate"] is None else float(document["rate"])
        if rate is not None and not 0 <= rate < inf:
            raise ValueError(f"{rate} is not a rate")
        return Mixture(model, weights, adapting, rate, _under("scales.", arrays))

    return read_mixture(run, made_of)


def _checked_weights(weights: NDArray[Any] | None, experts: int) -> Floats | None:
    """Weights out of a file: compiled code takes them as they are.

    Raises:
        ValueError: they are not those of so many experts, by the kind of context.
    """
    if weights is None:
        return None
    if weights.shape != (KINDS, experts) or not (weights >= 0).all() or not np.allclose(weights.sum(1), 1):
        raise ValueError(f"the weights are not those of {experts} experts and {KINDS} kinds of context")
    return np.asarray(weights, dtype=np.float64)


def _under(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The arrays whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}

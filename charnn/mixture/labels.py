"""A classifier mixed with counted n-grams: what a run keeps of them, and how both answer together. No torch.

    p(label | text) ∝ p_network(label | text)^λ_1 p_counted(label | text)^λ_2

What counts best on the validation part is one Markov model for each label, or naive Bayes. The exponents are learned on
that part too. Its rows are not counted, and the network did not learn from them; but its best weights, the kind of
model and the order were chosen by them, so that another part says how good the mixture is.

R rows · K labels
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.data.examples.sequences import Sequences
from charnn.evaluation.exponents import Floats, combined, fitted_exponents
from charnn.evaluation.reading import label_log_probabilities
from charnn.mixture.kept import Kept, read_mixture, write_mixture
from charnn.ngrams.labelled import ORDERS, CountingClassifier, Labelled, best_classifier, stored_classifier
from charnn.runs.run import Run


@dataclass(frozen=True)
class MixedClassifier:
    """A classifier and counted n-grams, which answer together.

    Attributes:
        network: the classifier, of torch or of `charnn.inference`.
        counting: the n-grams.
        exponents: (2,) how much the answers of network and n-grams count.
    """

    network: Any
    counting: CountingClassifier
    exponents: Floats

    @classmethod
    def learned(
        cls,
        network: Any,
        texts: Sequences,
        train: Labelled,
        kept: Labelled,
        sizes: tuple[int, int],
        orders: Sequence[int] = ORDERS,
    ) -> MixedClassifier:
        """Mix a network with what counts best.

        Args:
            network: the classifier.
            texts: all texts.
            train: the rows that are counted, and their labels.
            kept: the rows that decide how, and how much network and n-grams deserve.
            sizes: how many labels there are, and how many symbols.
            orders: the lengths of n-grams that are tried.

        Raises:
            InputError: no row was kept.
        """
        counting, (rows, labels) = best_classifier(texts, train, kept, sizes, orders), kept
        return cls(network, counting, fitted_exponents(_alone(network, counting, texts, rows), labels))

    def label_log_probabilities(self, texts: Sequences, rows: NDArray[np.int64]) -> Floats:
        """(R, K) the log-probability of each label of some texts, in nats, in the order of `rows`."""
        return combined(_alone(self.network, self.counting, texts, rows), self.exponents)

    def save(self, run: Run) -> Kept:
        """Write the n-grams and the exponents into a run."""
        counting = self.counting
        arrays = {"exponents": self.exponents, **{f"counted.{name}": one for name, one in counting.arrays().items()}}
        size = write_mixture(run, arrays, {"counted": counting.name, "order": counting.order})
        weights = self.exponents.tolist()
        return Kept(counting.title, counting.order, counting.size, size, weights=weights, how=self.how)

    @property
    def how(self) -> str:
        """How much each counts, in words."""
        network, counted = self.exponents
        return (
            f"exponents (learned on the validation part): network {network:.2g},"
            f" {self.counting.title} of order {self.counting.order} {counted:.2g}"
        )


def _alone(network: Any, counting: CountingClassifier, texts: Sequences, rows: NDArray[np.int64]) -> Floats:
    """(2, R, K) the log-probability of each label in the network, and in the n-grams."""
    return np.stack([label_log_probabilities(network, texts, rows), counting.log_posteriors(texts, rows)])


def mixed_classifier(run: Run, network: Any) -> MixedClassifier | None:
    """The network of a run with the n-grams that the run keeps; None where it keeps none.

    Raises:
        RunError: their file is damaged.
    """
    symbols, labels = run.vocabularies().sizes

    def made_of(arrays: dict[str, NDArray[Any]], document: dict[str, Any]) -> MixedClassifier:
        counted = {name.removeprefix("counted."): values for name, values in arrays.items() if name != "exponents"}
        counting = stored_classifier(document["counted"], int(document["order"]), counted, (labels, symbols))
        return MixedClassifier(network, counting, arrays["exponents"])

    return read_mixture(run, made_of)

"""What a network answers: a question is answered rightly where the right end is likelier than the wrong one.

    right  ⇔  log p(right | before) > log p(wrong | before)

Ends are compared whole, so that a network which remembers nothing is right in half of all cases. What comes before is
read from the zero state on.

The measure is that of Linzen, Dupoux & Goldberg, "Assessing the ability of LSTMs to learn syntax-sensitive
dependencies", 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from charnn.analysis.agreement.questions import Question
from charnn.analysis.agreement.shares import Share
from charnn.data.sources.generators.agreement import CLOSINGS, DISTANCES
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import DivergedError
from charnn.networks.decoder import Decoder

_BIN = 10
_LANES = 512


@dataclass(frozen=True)
class Answers:
    """What a network answered.

    Attributes:
        questions: the questions.
        margins: for each of them, by how many nats the right end is likelier than the wrong one.
    """

    questions: Sequence[Question]
    margins: NDArray[np.float64]

    def by_distance(self) -> list[Share]:
        """The shares over the distance from subject to verb: 10–19, 20–29, …, 90–100."""
        starts = [*range(DISTANCES[0], DISTANCES[-1] - _BIN + 1, _BIN), DISTANCES[-1] + 1]
        distances = np.array([question.sentence.distance for question in self.questions])
        return [
            self._share(f"{start}–{end - 1}", (start <= distances) & (distances < end))
            for start, end in pairwise(starts)
        ]

    def by_nearest(self) -> list[Share]:
        """The shares where the last noun before the verb has the subject's number, and where it has the other."""
        sentences = [question.sentence for question in self.questions]
        agrees = np.array([sentence.nearest_plural == sentence.plural for sentence in sentences])
        return [self._share("last noun agrees", agrees), self._share("last noun differs", ~agrees)]

    def by_frame(self) -> list[Share]:
        """The shares where a clause with commas lies between subject and verb, and where a phrase without does."""
        clause = np.array([question.sentence.closing == CLOSINGS[0] for question in self.questions])
        return [self._share("clause between", clause), self._share("phrase between", ~clause)]

    def total(self) -> Share:
        """The share of all sentences."""
        return self._share("all", np.ones(len(self.questions), dtype=bool))

    def _share(self, kind: str, chosen: NDArray[np.bool_]) -> Share:
        return Share(kind, int((self.margins[chosen] > 0).sum()), int(chosen.sum()))


def answer(network: Decoder, vocabulary: Vocabulary, questions: Sequence[Question]) -> Answers:
    """Put questions to a network.

    Args:
        network: the network.
        vocabulary: its symbols.
        questions: the questions.

    Raises:
        UnknownSymbolsError: its vocabulary lacks characters of the sentences.
        DivergedError: its weights give no finite numbers.
    """
    ends = sorted({question.right for question in questions} | {question.wrong for question in questions})
    encoded = [_encoded(vocabulary, [end]) for end in ends]
    nats = []
    for start in range(0, len(questions), _LANES):
        before = _encoded(vocabulary, [question.before for question in questions[start : start + _LANES]])
        nats.append(_log_probabilities(network, before, encoded))
    of_end = dict(zip(ends, np.concatenate(nats, axis=1), strict=True))
    margins = np.array(
        [of_end[question.right][number] - of_end[question.wrong][number] for number, question in enumerate(questions)]
    )
    if not np.isfinite(margins).all():
        raise DivergedError("the next characters have no finite probability: the model's weights have diverged")
    return Answers(questions, margins)


@torch.no_grad()
def _log_probabilities(
    network: Decoder, before: NDArray[np.int64], ends: Sequence[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """(ends, B) log-probabilities of each end after the (T, B) characters before it."""
    device = network.device
    lanes = before.shape[1]
    logits, states = network.logits(torch.from_numpy(before).to(device), network.zero_state(lanes))
    first, nats = logits[-1:], []
    for end in ends:
        ids = torch.from_numpy(end).to(device).expand(-1, lanes)
        rest, _ = network.logits(ids[:-1], states)
        p = torch.cat((first, rest)).double().log_softmax(-1)
        nats.append(p.gather(-1, ids[..., None]).sum((0, 2)))
    result: NDArray[np.float64] = torch.stack(nats).cpu().numpy()
    return result


def _encoded(vocabulary: Vocabulary, texts: Sequence[str]) -> NDArray[np.int64]:
    """(T, B) ids of B texts of the same length."""
    ids = vocabulary.encode(vocabulary.units("".join(texts)), "the probe `agreement`")
    return ids.astype(np.int64).reshape(len(texts), -1).T.copy()

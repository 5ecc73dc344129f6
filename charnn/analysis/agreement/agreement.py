"""What a network remembers of a sentence's beginning: the share of sentences that it goes on with rightly.

    right  ⇔  log p(r | before) > log p(w | before)

r is what the sentence goes on with and w what it would go on with, had it begun otherwise: `was␣` and `were␣`, if the
question is about the number of the subject; `␣w` and `,␣w`, if it is whether a comma opened a clause. They are judged
whole, so that a network which remembers nothing is right as often as not. `before` are the characters before them, as
many as take in the whole of the sentence and some of the one before it: they are read from the zero state on, and the
state is carried across the line end, as in training. No text has any of the sentences that are asked about.

The measure is that of Linzen, Dupoux & Goldberg, "Assessing the ability of LSTMs to learn syntax-sensitive
dependencies", 2016.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from charnn.data.sources.generators.agreement import CLOSINGS, DISTANCES, PLURAL, SINGULAR, Sentence, draw_sentences
from charnn.data.text.vocabulary import UnknownSymbolsError, Vocabulary
from charnn.errors import DivergedError, InputError
from charnn.networks.decoder import Decoder

# From a sentence's beginning to its verb there are at most 112.
READ = 200
_CLOSING = max(map(len, CLOSINGS))
_BIN = 10
_LANES = 512
_STANDARD_ERRORS = 1.96


@dataclass(frozen=True)
class Question:
    """A sentence, the characters that are read, and what may follow them."""

    sentence: Sentence
    before: str
    right: str
    wrong: str


@dataclass(frozen=True)
class Share:
    """How many answers are right, of a kind of sentence."""

    kind: str
    right: int
    sentences: int

    @property
    def share(self) -> float | None:
        """Right answers per sentence; none where there is no sentence."""
        return self.right / self.sentences if self.sentences else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the share (Wilson, 1927), which keeps a width where all answers are right."""
        if not self.sentences:
            return None
        n, p, z = self.sentences, self.right / self.sentences, _STANDARD_ERRORS
        middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        return max(0.0, middle - half), min(1.0, middle + half)

    def document(self) -> dict[str, Any]:
        """The same as JSON."""
        return {"sentences": self.sentences, "right": self.right, "share": self.share, "interval": self.interval}


def mean_and_spread(shares: Sequence[Share]) -> tuple[float, float, float] | None:
    """The mean share of runs that repeat one another, the lowest and the highest; of a single run, its interval.

    Where there are no sentences of the kind there is none.
    """
    known = [share.share for share in shares if share.share is not None]
    if not known:
        return None
    interval = shares[0].interval if len(shares) == 1 else None
    return sum(known) / len(known), *(interval or (min(known), max(known)))


@dataclass(frozen=True)
class Answers:
    """What a network answered: for each question, by how many nats the right is likelier than the wrong."""

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
        """The shares where a comma opened a clause between subject and verb, and where a phrase stands there."""
        clause = np.array([question.sentence.closing == CLOSINGS[0] for question in self.questions])
        return [self._share("clause between", clause), self._share("phrase between", ~clause)]

    def total(self) -> Share:
        """The share of all sentences."""
        return self._share("all", np.ones(len(self.questions), dtype=bool))

    def _share(self, kind: str, chosen: NDArray[np.bool_]) -> Share:
        return Share(kind, int((self.margins[chosen] > 0).sum()), int(chosen.sum()))


def ask(count: int, seed: int, *, comma: bool = False) -> list[Question]:
    """So many questions, about the verb or about the comma; the same seed asks about the same sentences."""
    return list(islice(_questions(seed, comma), count))


def _questions(seed: int, comma: bool) -> Iterator[Question]:
    text = ""
    for sentence in draw_sentences(seed, held_out=True):
        before = text + sentence.before
        if len(before) >= READ + _CLOSING:
            if comma:
                before_closing = before.removesuffix(sentence.closing)
                right, wrong = (f"{closing}{sentence.verb[0]}" for closing in _ordered(CLOSINGS, sentence.closing))
                yield Question(sentence, before_closing[-READ:], right, wrong)
            else:
                right, wrong = (f"{verb} " for verb in _ordered((SINGULAR, PLURAL), sentence.verb))
                yield Question(sentence, before[-READ:], right, wrong)
        text = (before + sentence.verb + sentence.after)[-READ - _CLOSING :]


def _ordered(pair: tuple[str, str], first: str) -> tuple[str, str]:
    return pair if pair[0] == first else (pair[1], pair[0])


def answer(network: Decoder, vocabulary: Vocabulary, questions: Sequence[Question]) -> Answers:
    """Put questions to a network.

    Raises:
        InputError: its vocabulary lacks characters of the sentences.
        DivergedError: its weights give no finite numbers.
    """
    endings = sorted({question.right for question in questions} | {question.wrong for question in questions})
    encoded = [_encoded(vocabulary, [ending]) for ending in endings]
    nats = []
    for start in range(0, len(questions), _LANES):
        before = _encoded(vocabulary, [question.before for question in questions[start : start + _LANES]])
        nats.append(_log_probabilities(network, before, encoded))
    of_ending = dict(zip(endings, np.concatenate(nats, axis=1), strict=True))
    margins = np.array(
        [
            of_ending[question.right][place] - of_ending[question.wrong][place]
            for place, question in enumerate(questions)
        ]
    )
    if not np.isfinite(margins).all():
        raise DivergedError("what follows has no probability: the model's weights have diverged")
    return Answers(questions, margins)


@torch.no_grad()
def _log_probabilities(
    network: Decoder, before: NDArray[np.int64], endings: Sequence[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """(endings, B) log-probabilities of each ending after the (T, B) characters before it."""
    device = network.device
    lanes = before.shape[1]
    logits, states = network.logits(torch.from_numpy(before).to(device), network.zero_state(lanes))
    first, nats = logits[-1:], []
    for ending in endings:
        ids = torch.from_numpy(ending).to(device).expand(-1, lanes)
        rest, _ = network.logits(ids[:-1], states)
        p = torch.cat((first, rest)).double().log_softmax(-1)
        nats.append(p.gather(-1, ids[..., None]).sum((0, 2)))
    result: NDArray[np.float64] = torch.stack(nats).cpu().numpy()
    return result


def _encoded(vocabulary: Vocabulary, texts: Sequence[str]) -> NDArray[np.int64]:
    """(T, B) ids of B texts of the same length."""
    try:
        ids = vocabulary.encode(vocabulary.units("".join(texts)), "the probe `agreement`")
    except UnknownSymbolsError as error:
        raise InputError(
            f"{error}; `charnn train --config agreement-lstm` trains a network that can be asked"
        ) from None
    return ids.astype(np.int64).reshape(len(texts), -1).T.copy()

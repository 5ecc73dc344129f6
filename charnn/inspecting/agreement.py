"""Does a network remember the number of a subject? The share of sentences whose right verb it finds likelier.

    right  ⇔  log p(v | before) > log p(v' | before),    {v, v'} = {was␣, were␣}

v is the verb that agrees with the subject, v' the other one. Each is judged whole, up to the space that ends it; the w
that both begin with makes no difference. `before` are the characters before the verb, as many as take in the whole of
its sentence and some of the sentence before: they are read from the zero state on, and the state is carried across the
line end, as in training. The sentences are those of the grammar of the corpus `agreement`, drawn with another seed.

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

from charnn.errors import DivergedError, InputError
from charnn.model import CharacterModel
from charnn.text.generators.agreement import DISTANCES, PLURAL, SINGULAR, Sentence, draw_sentences
from charnn.text.vocabulary import UnknownSymbolsError, Vocabulary

# From a sentence's beginning to its verb there are at most 112.
READ = 200
_BIN = 10
_LANES = 512
_STANDARD_ERRORS = 1.96


@dataclass(frozen=True)
class Question:
    """A sentence, and the characters that are read before its verb."""

    sentence: Sentence
    before: str


@dataclass(frozen=True)
class Share:
    """How many verbs are right, of a kind of sentence."""

    kind: str
    right: int
    sentences: int

    @property
    def share(self) -> float | None:
        """Right verbs per sentence; none where there is no sentence."""
        return self.right / self.sentences if self.sentences else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the share (Wilson, 1927), which keeps a width where all verbs are right."""
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
    """What a network answered: for each question, by how many nats the right verb is likelier than the wrong one."""

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

    def total(self) -> Share:
        """The share of all sentences."""
        return self._share("all", np.ones(len(self.questions), dtype=bool))

    def _share(self, kind: str, chosen: NDArray[np.bool_]) -> Share:
        return Share(kind, int((self.margins[chosen] > 0).sum()), int(chosen.sum()))


def ask(count: int, seed: int) -> list[Question]:
    """So many questions; the same seed asks the same ones."""
    return list(islice(_questions(seed), count))


def _questions(seed: int) -> Iterator[Question]:
    text = ""
    for sentence in draw_sentences(seed, held_out=True):
        before = text + sentence.before
        if len(before) >= READ:
            yield Question(sentence, before[-READ:])
        text = (before + sentence.verb + sentence.after)[-READ:]


def answer(model: CharacterModel, vocabulary: Vocabulary, questions: Sequence[Question]) -> Answers:
    """Put questions to a network.

    Raises:
        InputError: its vocabulary lacks characters of the sentences.
        DivergedError: its weights give no finite numbers.
    """
    verbs = [_encoded(vocabulary, [f"{verb} "]) for verb in (SINGULAR, PLURAL)]
    nats = []
    for start in range(0, len(questions), _LANES):
        before = _encoded(vocabulary, [question.before for question in questions[start : start + _LANES]])
        nats.append(_log_probabilities(model, before, verbs))
    singular, plural = np.concatenate(nats, axis=1)
    signs = np.array([-1 if question.sentence.plural else 1 for question in questions])
    margins = signs * (singular - plural)
    if not np.isfinite(margins).all():
        raise DivergedError("the verbs have no probability: the model's weights have diverged")
    return Answers(questions, margins)


@torch.no_grad()
def _log_probabilities(
    model: CharacterModel, before: NDArray[np.int64], verbs: Sequence[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """(verbs, B) log-probabilities of each verb after the (T, B) characters before it."""
    device = model.b_q.device
    lanes = before.shape[1]
    logits, states = model(torch.from_numpy(before).to(device), model.zero_state(lanes))
    first, nats = logits[-1:], []
    for verb in verbs:
        ids = torch.from_numpy(verb).to(device).expand(-1, lanes)
        rest, _ = model(ids[:-1], states)
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

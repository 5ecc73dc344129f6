"""A training that was done, opened in Python: what it writes, scores and answers. No torch until it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.configuration.sections import Corpus
from charnn.data.running_text.splits import PARTS
from charnn.data.text.units import Ids
from charnn.errors import InputError, UsageError, one_of
from charnn.evaluation.score import Score, score
from charnn.generation.choice import Choice
from charnn.interface.shown import run_as_html, score_as_html
from charnn.runs.layout import METRICS
from charnn.runs.overview import overview
from charnn.runs.places import open_run as run_called
from charnn.runs.run import Run
from charnn.runs.text import text_of_run
from charnn.tasks import TASKS, reading_network
from charnn.tasks._reading import Reading, is_plain, parts_of
from charnn.tasks.conditional_generation import texts_for_label

Answer = tuple[str, float]
"""A label or a target, and its probability."""


@dataclass(frozen=True)
class TextScore(Score):
    """How well a text was predicted: `nats`, `bpc`, `perplexity`, and the loss of each character.

    Attributes:
        symbols: each character but the first.
    """

    symbols: Sequence[str]

    @property
    def per_character(self) -> list[tuple[str, float]]:
        """Each character but the first, and its loss in nats."""
        return list(zip(self.symbols, self.losses.tolist(), strict=True))

    def __repr__(self) -> str:
        return f"{self.nats:.4f} nats, {self.bpc:.4f} bpc, {self.characters:,} characters"

    def _repr_html_(self) -> str:
        return score_as_html(self.per_character)


class OpenRun:
    """A run, ready to be asked. Made by `charnn.open_run` and `charnn.train`."""

    def __init__(
        self,
        run: Run,
        weights: str | None = None,
        device: str = "auto",
        *,
        adapt: bool = False,
        mix: bool = False,
    ) -> None:
        """A run, its `best` or `last` weights, and where and how it is read (see `open_run`)."""
        self._run, self._weights, self._device = run, weights, device
        self._config, self._reading = run.config(), Reading(adapt=adapt, mix=mix)
        if adapt:
            run.running_text()
        if mix and not TASKS.load(self._config.task.name).has_mixture:
            raise UsageError(
                f"{run.path} does {self._config.task.name}, and no n-grams are mixed with it: leave `mix` out"
            )

    @property
    def path(self) -> str:
        """The folder."""
        return str(self._run.path)

    @property
    def config(self) -> dict[str, Any]:
        """The resolved configuration as plain values, section by section."""
        return self._config.values()

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The reports, as they stand in `metrics.jsonl`."""
        return [row for row in self._run.rows(METRICS) if "loss" in row]

    @cached_property
    def parameters(self) -> int:
        """How many numbers were learned."""
        arrays, _ = self._run.arrays(self._weights)
        return sum(array.size for array in arrays.values())

    def sample(self, prime: str = "", **options: Any) -> str:
        """Write a text: the first of `samples`, whose options it takes."""
        return self.samples(1, prime, **options)[0]

    def samples(
        self,
        count: int,
        prime: str = "",
        *,
        length: int = 500,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: int = 1,
        stop: Sequence[str] = (),
        label: str | None = None,
    ) -> list[str]:
        """Write texts, as `charnn sample` does with the same options.

        Args:
            count: how many.
            prime: what each text begins with.
            length: how many characters are drawn, at most.
            temperature: below 1 more careful, above 1 more daring; 0 takes the likeliest.
            top_k: draw from the k likeliest characters alone.
            top_p: draw from the likeliest that together reach this probability.
            seed: the same seed draws the same texts.
            stop: a text ends before one of these would come up.
            label: what to write for, where the run writes for labels.

        Returns:
            The prime and what follows, for each text.

        Raises:
            UsageError: the run does not write, or has no such label, or no use for `stop`; or `count` is below 1.
            UnknownSymbolsError: the prime has characters that the run does not know.
        """
        if count < 1:
            raise UsageError(f"{count} texts cannot be written: `count` is at least 1")
        choice = Choice(temperature, top_k, top_p)
        seeds = [[seed, number] for number in range(count)]
        if isinstance(self._config.corpus, Corpus) and label is None:
            return self._written(prime, choice, length, seeds, stop)
        if stop:
            raise UsageError("`stop` is for running texts, and texts for a label end by themselves: leave it out")
        found = texts_for_label(self._run, self._network, label, prime, choice, length, seeds)
        return [text for text, _ in found]

    def score(self, text: str) -> TextScore:
        """How well a text is predicted, character by character, each after all those before it.

        Raises:
            UsageError: the run is not on a running text.
            InputError: the text has fewer than two characters, or some that the run does not know.
        """
        vocabulary = self._run.vocabulary()
        ids = vocabulary.encode(vocabulary.units(text), "the text")
        return TextScore(self._score(ids, "the text").losses, [vocabulary.text([number]) for number in ids[1:]])

    def next(self, text: str = "") -> dict[str, float]:
        """What may come after a text: the probability of each character, the likeliest first.

        Raises:
            UsageError: the run is not on a running text.
        """
        from charnn.generation.streams import implied_prime

        vocabulary = self._run.vocabulary()
        p = self._next(vocabulary.encode(vocabulary.units(text), "the text").tolist() or implied_prime(vocabulary))
        return {vocabulary.text([number]): float(p[number]) for number in np.argsort(-p, kind="stable")}

    def predict(self, text: str, *, top: int = 1, beam: int | None = None) -> list[Answer]:
        """The likeliest answers to a text, with their probabilities; the arguments are those of `predict_all`.

        Raises:
            UsageError: the run does not answer texts.
            InputError: the text is empty, or has characters that the run does not know.
        """
        return self.predict_all([text], top=top, beam=beam)[0]

    def predict_all(self, texts: Sequence[str], *, top: int = 1, beam: int | None = None) -> list[list[Answer]]:
        """The likeliest answers to each of several texts; none depends on the other texts.

        Args:
            texts: the texts.
            top: how many answers to each.
            beam: how wide the search for targets is; `top`, where it is left out.

        Raises:
            UsageError: the run does not answer texts, or has no search that `beam` could widen.
            InputError: a text is empty, or has characters that the run does not know.
        """
        task = TASKS.load(self._config.task.name)
        task.check_beam(beam)
        predictor = task.predictor(self._network, self._config, self._run.vocabularies())
        predictor.network = self._answering
        answers = []
        for text, found in zip(texts, predictor.answer(list(texts), top, beam), strict=True):
            if found.problem is not None:
                raise InputError(f"{text!r}: {found.problem}")
            answers.append([(answer.text, float(np.exp(answer.log_probability))) for answer in found.candidates])
        return answers

    def evaluate(self, part: str = "validation") -> dict[str, float | None]:
        """The scores of a part of the run's own data: `train`, `validation` or `test`.

        Raises:
            InputError: there is no such part, or its text is gone.
        """
        if part not in PARTS:
            raise InputError(f"there is no part `{part}`{one_of(part, PARTS)}")
        if isinstance(self._config.corpus, Corpus):
            read = text_of_run(self._run, self._run.vocabulary(), None, part)
            found = self._score(read.ids, read.name)
            return {"nats": found.nats, "bpc": found.bpc, "perplexity": found.perplexity}
        from charnn.tasks._examples import examples_of_run

        task, part = examples_of_run(self._run, None, part)
        return dict(task.evaluate(self._answering, part).values)

    def __repr__(self) -> str:
        known = overview(self._run)
        best = f", {known.measure.replace('_', ' ')} {known.best:.3f}" if known.best is not None else ""
        return f"<run {self.path}: {known.model}, {known.state} after {known.step:,} steps{best}>"

    def _repr_html_(self) -> str:
        return run_as_html(self._run)

    @cached_property
    def _network(self) -> Any:
        return reading_network(self._run, self._weights, self._device)

    @cached_property
    def _answering(self) -> Any:
        """The network of a table, with the n-grams where they are wanted."""
        task = TASKS.load(self._config.task.name)
        return task.mixed(self._run, self._network) if self._reading.mix else self._network

    @property
    def _is_plain(self) -> bool:
        """Whether the network reads a running text alone, and stays as it is."""
        return is_plain([self._run], self._reading)

    @cached_property
    def _parts(self) -> Any:
        return parts_of([self._run], self._weights, self._device, self._reading)

    def _reader(self) -> Any:
        """What reads a text from its beginning, together with n-grams or adapting."""
        from charnn.mixture.reader import Reader

        return Reader(*self._parts)

    @property
    def _write(self) -> Callable[..., list[Iterator[bytes]]]:
        """What goes on from a prime (see `charnn.generation.streams.sample`)."""
        if self._is_plain:
            from charnn.generation.streams import sample

            return partial(sample, self._network)
        from charnn.mixture.writer import write_on

        return partial(write_on, self._reader())

    def _score(self, ids: Ids, name: str) -> Score:
        return score(self._network, ids, name) if self._is_plain else self._reader().score(ids, name)

    def _next(self, before: Sequence[int]) -> NDArray[np.float64]:
        """(V,) the probability of each symbol after some others."""
        ids = np.array(before, dtype=np.int64)
        if not self._is_plain:
            from charnn.mixture.writer import next_probabilities

            return next_probabilities(self._reader(), ids.astype(np.uint32))
        from charnn.inference.decoder import log_softmax
        from charnn.networks.reading import reading

        source = reading(self._network)
        logits, _ = source.next_logits(ids[:, None], source.zero_state(1))
        return np.asarray(np.exp(log_softmax(logits))[0])

    def _written(
        self, prime: str, choice: Choice, length: int, seeds: Sequence[Sequence[int]], stop: Sequence[str]
    ) -> list[str]:
        vocabulary = self._run.vocabulary()
        ids = vocabulary.encode(vocabulary.units(prime), "the prime").tolist()
        streams = self._write(vocabulary, ids, choice, length, seeds, stop)
        return [prime + b"".join(stream).decode(errors="replace") for stream in streams]


def open_run(
    name: str | None = None,
    *,
    weights: str | None = None,
    device: str = "auto",
    adapt: bool = False,
    mix: bool = False,
) -> OpenRun:
    """Open a run.

    Args:
        name: its folder, or its name in `runs/`; the newest, where it is left out.
        weights: `best` or `last`; the best, where there are any.
        device: `auto`, `cpu` or `cuda`.
        adapt: whether the network learns from each text that it reads, as `--adapt` does; the run stays as it is, and
            the next text is read by the network as it was trained.
        mix: whether the n-grams that `charnn mix` gave the run are mixed in, as `--mix` does.

    Raises:
        RunError: there is no such run, or it is damaged.
        UsageError: `adapt` is for running texts, and the run was trained on a table; or its task has no mixture.
    """
    return OpenRun(run_called(name), weights, device, adapt=adapt, mix=mix)

"""How a running text is read: by one run or several, adapting or not, with n-grams or without."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from charnn.errors import UsageError
from charnn.runs.layout import INFORMED, WEIGHTS

if TYPE_CHECKING:  # texts are read without torch
    from charnn.evaluation.adaptation import Adaptation
    from charnn.mixture.reader import Reader
    from charnn.mixture.stored import Mixture
    from charnn.runs.run import Run


@dataclass(frozen=True)
class Reading:
    """What was chosen.

    Attributes:
        adapt: whether the network learns from what it has read.
        rate: the rate at which it does, instead of a learned one.
        decay: how fast it returns to the trained weights.
        scaled: whether steps are divided by how large gradients were in training.
        mix: whether the n-grams that the run keeps are mixed in.
    """

    adapt: bool = False
    rate: float | None = None
    decay: float = 0.0
    scaled: bool = False
    mix: bool = False


def is_plain(runs: Sequence[Run], reading: Reading) -> bool:
    """Whether a single network reads, and stays as it is: kernels can do that alone, without torch."""
    return len(runs) == 1 and not reading.adapt and not reading.mix


def writer_of(
    runs: Sequence[Run], weights: str | None, device: str, reading: Reading
) -> Callable[..., list[Iterator[bytes]]]:
    """What writes texts after a prime with the networks of runs (see `charnn.generation.streams.sample`).

    Raises:
        UsageError: as for `reader_of`.
    """
    if is_plain(runs, reading):
        from charnn.generation.streams import sample
        from charnn.tasks.language_model import reading_text_network

        return partial(sample, reading_text_network(runs[0], weights, device))
    from charnn.mixture.writer import write_on

    return partial(write_on, reader_of(runs, weights, device, reading))


def reader_of(runs: Sequence[Run], weights: str | None, device: str, reading: Reading) -> Reader:
    """The networks of runs, ready to read a text together.

    Raises:
        UsageError: they have other symbols than the first, or there is no mixture.
    """
    from charnn.mixture.reader import Reader

    return Reader(*parts_of(runs, weights, device, reading))


def parts_of(
    runs: Sequence[Run], weights: str | None, device: str, reading: Reading
) -> tuple[list[Any], Adaptation | None, Mixture | None]:
    """What a reader is made of: networks, how they adapt, and what they are mixed with (see `reader_of`)."""
    from charnn.mixture.stored import load_mixture

    first = runs[0]
    for run in runs[1:]:
        if run.vocabulary() != first.vocabulary():
            raise UsageError(f"{run.path} has other symbols than {first.path}: runs are one where they read the same")
    if reading.scaled and len(runs) > 1:
        raise UsageError("--scaled is for one run: several have gradients of different sizes")
    needs = "n-grams to be mixed with" if reading.mix else "record of how large its gradients were"
    mixture = load_mixture(first) if reading.mix or reading.scaled or reading.adapt else None
    if (reading.mix or reading.scaled) and mixture is None:
        raise UsageError(f"{first.path} has no {needs}: `charnn mix {first.path}` makes it")
    networks = [_network(run, weights or _informed(run, reading), device, adapts=reading.adapt) for run in runs]
    return networks, _adaptation(reading, mixture), mixture if reading.mix else None


def _informed(run: Run, reading: Reading) -> str | None:
    """The weights that took in what was held out, where a mixture is read and has some."""
    return INFORMED.removesuffix(WEIGHTS) if reading.mix and (run.path / INFORMED).exists() else None


def _network(run: Run, weights: str | None, device: str, *, adapts: bool) -> Any:
    """The network of a run: of torch where it learns, else read by kernels where they can do it."""
    from charnn.tasks.language_model import reading_text_network, trained_text_network

    if not adapts:
        return reading_text_network(run, weights, device)
    from charnn.networks.devices import find_device

    return trained_text_network(run, weights, find_device(device))


def _adaptation(reading: Reading, mixture: Mixture | None) -> Adaptation | None:
    if not reading.adapt:
        return None
    from charnn.evaluation.adaptation import RATE, Adaptation

    scales = mixture.scales if reading.scaled and mixture is not None else None
    if reading.rate is not None:
        return Adaptation(reading.rate, learns_rate=False, decay=reading.decay, scales=scales)
    # The learned rate is that of plain steps.
    learned = None if mixture is None or reading.scaled else mixture.rate
    return Adaptation(RATE if learned is None else learned, decay=reading.decay, scales=scales)


def how_it_read(reader: Reader) -> list[str]:
    """What was learned on the way, in words."""
    words = []
    if reader.adapting:
        rates = ", ".join(f"{one.rate:.3g}" for one in reader.adapting)
        fixed = "" if reader.adaptation and reader.adaptation.learns_rate else ", as given"
        words.append(f"adapted; the rate at the end: {rates}{fixed}")
    if reader.mixture is not None and reader.weights is not None:
        names = ("network", "n-grams", "n-grams of what was read")
        shares = ", ".join(f"{name} {share:.2f}" for name, share in zip(names, reader.weights.common, strict=False))
        held = "learned on what was held out" if reader.mixture.is_learned else "a prior at first"
        while_reading = ", then learned from what was read" if reader.learns else ""
        words.append(f"weights ({held}{while_reading}): {shares}")
    return words

"""Draw text from a trained model."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from charnn.cli._shared.options import Device, DeviceOption, Json, WeightsOption, complete_run
from charnn.cli._shared.reading import (
    AdaptOption,
    DecayOption,
    MixOption,
    RateOption,
    ScaledOption,
    chosen_reading,
)
from charnn.cli._shared.terminal import console, text_writer, write_json
from charnn.cli._shared.texts import checked_text, read_prime


def command(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...",
            help="Runs' folders, or their names in runs/; the newest if none is named. The mean of several writes.",
            autocompletion=complete_run,
        ),
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="LABEL", help="What to write for, where the model writes texts for labels.")
    ] = None,
    prime: Annotated[str | None, typer.Option(help="Text that the sample begins with.")] = None,
    prime_file: Annotated[
        str | None, typer.Option(metavar="TEXT", help="A path, a corpus or - with that text, in the run's encoding.")
    ] = None,
    length: Annotated[int, typer.Option(min=0, help="How many characters to draw, at most.")] = 500,
    temperature: Annotated[
        float, typer.Option(min=0, help="Below 1 more careful, above 1 more daring; 0 takes the likeliest.")
    ] = 1.0,
    top_k: Annotated[int | None, typer.Option(min=1, help="Draw from the k likeliest characters only.")] = None,
    top_p: Annotated[
        float | None, typer.Option(min=0, max=1, help="Draw from the likeliest that together reach this probability.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same text.")] = 1,
    count: Annotated[
        int, typer.Option(min=1, max=100_000, help="How many samples to draw, separated by an empty line.")
    ] = 1,
    stop: Annotated[
        list[str] | None,
        typer.Option(help="End a sample before this text comes up; of several, the one that comes first."),
    ] = None,
    copied: Annotated[
        bool, typer.Option("--copied", help="Say how much of each sample stands in the training part word for word.")
    ] = False,
    adapt: AdaptOption = False,
    rate: RateOption = None,
    decay: DecayOption = 0.0,
    scaled: ScaledOption = False,
    mix: MixOption = False,
    weights: WeightsOption = None,
    device: DeviceOption = Device.auto,
    json: Json = False,
) -> None:
    """Draw text from a run's model; the text alone goes to standard output, as it is drawn.

    Is it writing, or reciting? `--copied` says for each sample, on standard error or in the JSON, which stretch is the
    longest that stands in the training part, and the share of its characters that lie in stretches of 30 and more.

    With --adapt the network learns from the prime first. With --mix it is mixed with the n-grams of its training part.
    """
    from charnn.cli._sampling.labels import Request, sample_for_label
    from charnn.configuration.sections import Corpus
    from charnn.errors import UsageError
    from charnn.evaluation.recitation import in_words, recited
    from charnn.generation.choice import Choice
    from charnn.runs.places import open_run
    from charnn.runs.text import text_of_run
    from charnn.tasks._reading import writer_of

    choice = Choice(temperature, top_k, top_p)
    together = [open_run(name) for name in runs] if runs else [open_run(None)]
    opened = together[0]
    reading = chosen_reading(adapt=adapt, rate=rate, decay=decay, scaled=scaled, mix=mix)
    if label is not None or not isinstance(opened.config().corpus, Corpus):
        if stop:
            raise UsageError("--stop is for running texts, and texts for a label end by themselves: leave it out")
        if len(together) > 1 or adapt or mix:
            raise UsageError("--adapt, --mix and several runs are for running texts: leave them out")
        begin = read_prime(prime, prime_file, opened.config().corpus.encoding)
        request = Request(label, begin, length, count, seed, copied=copied, json=json)
        sample_for_label(opened, weights.value if weights else None, device.value, request, choice)
        return
    text = read_prime(prime, prime_file, opened.config().corpus.encoding)
    stops = [checked_text(one, "--stop") for one in stop or []]
    chosen = weights.value if weights else None
    write_on = writer_of(together, chosen, device.value, reading)
    vocabulary = opened.vocabulary()
    ids = vocabulary.encode(vocabulary.units(text), "the prime").tolist()
    for one in stops:
        if not vocabulary.can_write(one):
            console().print(f"the model has no symbols to write {one!r}, at which it is to stop", markup=False)
    # Before anything is drawn: the text may be gone.
    train = text_of_run(opened, vocabulary, None, "train").ids if copied else None
    seeds = [[seed, number] for number in range(count)]
    streams = write_on(vocabulary, ids, choice, length, seeds, stops)
    if json:
        samples: list[dict[str, Any]] = []
        for stream in streams:
            drawn = b"".join(stream)
            samples.append({"prime": text, "text": drawn.decode(errors="replace")})
            if train is not None:
                samples[-1]["copied"] = asdict(recited(vocabulary, drawn, train))
        write_json({"run": str(opened.path), "seed": seed, "temperature": temperature, "samples": samples})
        return
    write = text_writer()
    for number, stream in enumerate(streams):
        write((b"\n" if number else b"") + text.encode())
        written = bytearray()
        for piece in stream:
            write(piece)
            if train is not None:  # a text may be longer than the memory
                written += piece
        write(b"\n")
        if train is not None:
            found, of_bytes = recited(vocabulary, bytes(written), train), vocabulary.unit == "byte"
            console().print(in_words(found, bytes(written), of_bytes=of_bytes), markup=False)

"""`charnn ngram-stats --sample`: text that is sampled from a Markov model."""

from __future__ import annotations

from charnn.cli._ngrams.model_choice import ModelChoice, note_fixed_discounts
from charnn.cli._ngrams.source import Source
from charnn.cli._shared.terminal import text_writer, write_json
from charnn.cli._shared.texts import checked_text


def show_sample(source: Source, choice: ModelChoice, length: int, prime: str, seed: int, *, json: bool) -> None:
    """Print the prime and then `length` symbols from the model of the highest order, each as soon as it is sampled."""
    from charnn.ngrams.model import sample

    fit = choice.fit()
    dataset = source.read()
    vocabulary = dataset.vocabulary
    context = vocabulary.encode(checked_text(prime, "--prime"), "the text of --prime")
    model = fit(dataset.train, len(vocabulary), choice.order)
    ids = sample(model, context, length, seed, vocabulary.known)
    if json:
        text = vocabulary.join(ids).decode(errors="replace")
        document = {"model": choice.name, "fixed_discounts": list(model.fixed_lengths)}
        write_json({**document, "seed": seed, "prime": prime, "text": text})
        return
    note_fixed_discounts(model)
    separator = b" " if source.level == "word" else b""
    write = text_writer()
    write(prime.encode())
    for index, number in enumerate(ids):
        write((separator if prime or index else b"") + vocabulary.join([number]))
    write(b"\n")

"""The Markov models of `charnn ngram-stats`: scores, the chain rule, samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from charnn.cli._ngrams.source import Level, Source
from charnn.cli._shared.terminal import shown_unit, stages, visible, write, write_json, write_table
from charnn.errors import InputError, UsageError

if TYPE_CHECKING:
    from charnn.ngrams.material import Material


@dataclass(frozen=True)
class Recipe:
    """Which model is made: its name, its options as `key=value`, its highest order."""

    name: str
    settings: Sequence[str]
    order: int


def parse_shares(text: str) -> tuple[float, ...]:
    """The shares that --split names.

    Raises:
        UsageError: they are no two or three shares of a text.
    """
    try:
        shares = tuple(float(share) for share in text.split(","))
    except ValueError:
        shares = ()
    if len(shares) not in (2, 3) or not all(0 < share < 1 for share in shares) or not math.isclose(sum(shares), 1.0):
        raise UsageError(f"--split takes two or three shares that add up to 1, such as 0.9,0.1, not `{text}`")
    return shares


def show_scores(source: Source, recipe: Recipe, split: Sequence[float], *, json: bool, quiet: bool) -> None:
    """Print how well the model of every order predicts the validation part."""
    from charnn.ngrams.evaluation import best_order, evaluate
    from charnn.ngrams.model import fitting

    fit = fitting(recipe.name, recipe.settings)
    material = _read(source, split)
    size = len(material.symbols)
    with stages(2, quiet=quiet) as stage:
        stage("scoring the validation part")
        scores = evaluate(fit(material.train, size, recipe.order), material.validation)
        stage("choosing the order on held-out text")
        best = best_order(fit, material.train, size, recipe.order)
    chosen = best.order if math.isfinite(best.nats) else None
    bits = f"bits/{source.level.value}" if source.level is Level.word else "bpc"
    if json:
        write_json(
            {
                "text": material.name,
                "level": source.level.value,
                "model": recipe.name,
                "vocabulary": size,
                "scored": len(material.validation) - 1,
                "best_order": chosen,
                "orders": [
                    {
                        "order": score.order,
                        "nats": _finite(score.nats),
                        bits.replace("/", "_per_"): _finite(score.bits),
                        "perplexity": _finite(score.perplexity),
                        "unseen_share": score.unseen,
                        "ngrams": score.size,
                    }
                    for score in scores
                ],
            }
        )
        return
    rows = [
        (
            f"{score.order}{' *' if score.order == chosen else ''}",
            _shown(score.nats),
            _shown(score.bits),
            _shown(score.perplexity),
            "–" if score.unseen is None else f"{score.unseen:.2%}",
            f"{score.size:,}",
        )
        for score in scores
    ]
    counted = f"{len(material.validation) - 1:,} {source.level.value}s of the validation part"
    write(f"{material.name}: {recipe.name}, {counted}, {size:,} symbols\n".encode())
    write_table(["order", "nats", bits, "perplexity", "unseen", "n-grams"], rows, numbers=5)
    if chosen:
        write(b"* the best on the last tenth of the training part, held out\n")


def show_factors(source: Source, recipe: Recipe, text: str, *, json: bool) -> None:
    """Print the probability of a text by the chain rule, factor by factor, in the model of every order."""
    from charnn.data.sources.corpora import checked_text
    from charnn.ngrams.evaluation import factors
    from charnn.ngrams.model import fitting

    fit = fitting(recipe.name, recipe.settings)
    material = _read(source, (1.0,))
    ids = material.symbols.encode(checked_text(text, "--explain"), "the text of --explain")
    if not len(ids):
        raise InputError(f"the text of --explain has no {source.level.value}s")
    found = factors(fit(material.train, len(material.symbols), recipe.order), ids)
    p, nats = found.probabilities, found.nats.tolist()
    symbols = material.symbols.names(text, ids)
    if json:
        write_json(
            {
                "text": text,
                "model": recipe.name,
                "factors": [
                    {"symbol": symbol, "probabilities": column.tolist()}
                    for symbol, column in zip(symbols, p.T, strict=True)
                ],
                "log10_products": [_finite(-total / math.log(10)) for total in nats],
                "nats": [_finite(total) for total in nats],
            }
        )
        return
    shown = [visible(symbol) if source.level is Level.word else shown_unit(symbol) for symbol in symbols]
    rows = [(symbol, *(f"{value:.3g}" for value in column)) for symbol, column in zip(shown, p.T, strict=True)]
    rows.append(("product", *(_power(-total / math.log(10)) for total in nats)))
    rows.append(("nats", *(_shown(total) for total in nats)))
    write(f"{material.name}: {recipe.name}, P({source.level.value} | the order − 1 before it)\n".encode())
    write_table(["", *(f"order {order}" for order in range(1, len(p) + 1))], rows, numbers=len(p))


def show_sample(source: Source, recipe: Recipe, length: int, prime: str, seed: int, *, json: bool) -> None:
    """Print text that is drawn from the model of the highest order."""
    from charnn.data.sources.corpora import checked_text
    from charnn.ngrams.model import draw, fitting

    fit = fitting(recipe.name, recipe.settings)
    material = _read(source, (1.0,))
    symbols = material.symbols
    context = symbols.encode(checked_text(prime, "--prime"), "the text of --prime")
    model = fit(material.train, len(symbols), recipe.order)
    drawn = draw(model, context, length, seed, symbols.drawable())
    if json:
        write_json(
            {"model": recipe.name, "seed": seed, "prime": prime, "text": symbols.join(drawn).decode(errors="replace")}
        )
        return
    separator = b" " if source.level is Level.word else b""
    write(prime.encode())
    for place, number in enumerate(drawn):
        write((separator if prime or place else b"") + symbols.join([number]))
    write(b"\n")


def _read(source: Source, split: Sequence[float]) -> Material:
    from charnn.ngrams.material import read_material

    return read_material(
        source.text,
        source.level.value,
        source.tokens.value if source.tokens else None,
        encoding=source.encoding,
        normalize=source.normalize.value,
        split=split,
    )


def _power(exponent: float) -> str:
    """10 to that power, however small it is."""
    if not math.isfinite(exponent):
        return "0"
    if exponent > -300:
        return f"{10**exponent:.3g}"
    whole = math.floor(exponent)
    return f"{10 ** (exponent - whole):.2f}e{whole}"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _shown(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else "∞"

"""Count the n-grams of a text, and make Markov models of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charnn.cli._ngrams.counts import show_counts
from charnn.cli._ngrams.models import Recipe, parse_shares, show_factors, show_sample, show_scores
from charnn.cli._ngrams.source import Level, Normalize, Source, Tokens
from charnn.cli._shared.options import Json, Quiet, parse_size
from charnn.configuration.families import MARKOV_MODELS
from charnn.errors import UsageError


def command(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A path, a corpus, or - for standard input.")],
    level: Annotated[
        Level | None, typer.Option(help="What n-grams are made of; word, and for models character.")
    ] = None,
    order: Annotated[int | None, typer.Option(help="The highest order; 3, and for models 6.")] = None,
    top: Annotated[int | None, typer.Option(min=1, help="How many n-grams of each order to show; 10.")] = None,
    tokens: Annotated[
        Tokens | None,
        typer.Option(help="What a word is; letters (A–Z, a–z) in ASCII texts, unicode-words in all others."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="The text's encoding.")] = "utf-8",
    normalize: Annotated[
        Normalize, typer.Option(help="A Unicode normal form to bring the text into.")
    ] = Normalize.none,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="The most memory to take, such as 500M; the rest goes to disk.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw rank–frequency curves into a .png or .svg file.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help=f"Make Markov models of the text: {', '.join(MARKOV_MODELS.names())}."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="An option of the model, e.g. k=0.1.")
    ] = None,
    evaluate: Annotated[
        bool, typer.Option("--evaluate", help="Score the model of every order on the validation part.")
    ] = False,
    split: Annotated[
        str | None, typer.Option(metavar="SHARES", help="Train, validation[, test], as `charnn train` cuts; 0.9,0.1.")
    ] = None,
    explain: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Show the probability of a text, factor by factor.")
    ] = None,
    sample: Annotated[int | None, typer.Option(metavar="N", min=0, help="Draw N symbols from the model.")] = None,
    prime: Annotated[str | None, typer.Option(metavar="TEXT", help="Text that the sample begins with.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed draws the same text; 1.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print the counts as comma-separated values.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Count the n-grams of a text; with --model, make Markov models of it and evaluate, explain or sample them.

    Models are scored like networks: on the same characters of the validation part, in bits per character.
    """
    asked = {"--evaluate": evaluate, "--explain": explain is not None, "--sample": sample is not None}
    question = _question(model, [option for option, given in asked.items() if given])
    given: dict[str, object] = {"--top": top, "--memory": memory, "--plot": plot, "--csv": csv or None}
    given |= {"--set": settings or None, "--split": split, "--prime": prime, "--seed": seed}
    _refuse_what_belongs_elsewhere([option for option, value in given.items() if value is not None], question)
    if json and csv:
        raise UsageError("--json and --csv are two forms of the same: give one of them")
    source = Source(text, level or (Level.character if model else Level.word), tokens, encoding, normalize)
    if model is None:
        show_counts(
            source,
            3 if order is None else order,
            10 if top is None else top,
            memory=None if memory is None else parse_size(memory, "--memory"),
            plot=plot,
            form="json" if json else "csv" if csv else "table",
            quiet=quiet,
        )
        return
    recipe = Recipe(model, settings or [], 6 if order is None else order)
    if evaluate:
        show_scores(source, recipe, parse_shares(split or "0.9,0.1"), json=json, quiet=quiet)
    elif explain is not None:
        show_factors(source, recipe, explain, json=json)
    else:
        show_sample(source, recipe, sample or 0, prime or "", 1 if seed is None else seed, json=json)


_COUNTING = "counting"
_BELONGS = {
    "--top": {_COUNTING},
    "--memory": {_COUNTING},
    "--plot": {_COUNTING},
    "--csv": {_COUNTING},
    "--set": {"--evaluate", "--explain", "--sample"},
    "--split": {"--evaluate"},
    "--prime": {"--sample"},
    "--seed": {"--sample"},
}


def _question(model: str | None, asked: list[str]) -> str:
    """What is asked for: counting, or one thing of a model."""
    if model is None and not asked:
        return _COUNTING
    if model is None:
        raise UsageError(
            f"{asked[0]} asks something of a model: name one with --model ({', '.join(MARKOV_MODELS.names())})"
        )
    if len(asked) != 1:
        found = " and ".join(asked) if asked else "none of them"
        raise UsageError(f"--model takes one of --evaluate, --explain and --sample, and there is {found}")
    return asked[0]


def _refuse_what_belongs_elsewhere(given: list[str], question: str) -> None:
    for option in given:
        if question not in _BELONGS[option]:
            places = " or ".join(sorted(_BELONGS[option]))
            raise UsageError(f"{option} belongs to {places}, and this is {question}: leave it out")

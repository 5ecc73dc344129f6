"""Count the n-grams of a text, and make Markov models of it."""

from __future__ import annotations

from charnn.cli._ngrams import options
from charnn.cli._ngrams.counts import show_counts
from charnn.cli._ngrams.explanation import show_factors
from charnn.cli._ngrams.model_choice import ModelChoice
from charnn.cli._ngrams.samples import show_sample
from charnn.cli._ngrams.scores import parse_shares, show_scores
from charnn.cli._ngrams.source import Source
from charnn.cli._shared.options import Json, Quiet, parse_size
from charnn.errors import UsageError
from charnn.ngrams.models import MARKOV_MODELS

_COUNTING = "counting"
_BELONGS_TO = {
    "--top": {_COUNTING},
    "--memory": {_COUNTING},
    "--plot": {_COUNTING},
    "--csv": {_COUNTING},
    "--set": {"--evaluate", "--explain", "--sample"},
    "--split": {"--evaluate"},
    "--prime": {"--sample"},
    "--seed": {"--sample"},
}


def command(
    text: options.TextArgument,
    level: options.LevelOption = None,
    order: options.OrderOption = None,
    top: options.TopOption = None,
    tokens: options.TokensOption = None,
    encoding: options.EncodingOption = "utf-8",
    normalize: options.NormalizeOption = "none",
    memory: options.MemoryOption = None,
    plot: options.PlotOption = None,
    model: options.ModelOption = None,
    settings: options.SettingsOption = None,
    evaluate: options.EvaluateOption = False,
    split: options.SplitOption = None,
    explain: options.ExplainOption = None,
    sample: options.SampleOption = None,
    prime: options.PrimeOption = None,
    seed: options.SeedOption = None,
    csv: options.CsvOption = False,
    escape_formulas: options.EscapeFormulasOption = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Count the n-grams of a text; with --model, make Markov models of it and evaluate, explain or sample them.

    Models are scored as networks are: on the same characters of the validation part, in bits per character.
    """
    mode = _mode(model, {"--evaluate": evaluate, "--explain": explain is not None, "--sample": sample is not None})
    given = {"--top": top, "--memory": memory, "--plot": plot, "--csv": csv or None, "--set": settings or None}
    given |= {"--split": split, "--prime": prime, "--seed": seed}
    _check_options(mode, [option for option, value in given.items() if value is not None])
    if json and csv:
        raise UsageError("--json and --csv are two forms of the same result: give one of them")
    if escape_formulas and not csv:
        raise UsageError("--escape-formulas is for --csv: add it, or leave this out")
    source = Source(text, level or ("character" if model else "word"), tokens, encoding, normalize)
    if model is None:
        form = "json" if json else "table" if not csv else "csv-for-spreadsheets" if escape_formulas else "csv"
        bound = None if memory is None else parse_size(memory, "--memory")
        show_counts(source, order, 10 if top is None else top, memory=bound, plot=plot, form=form, quiet=quiet)
        return
    choice = ModelChoice(model, settings or [], 6 if order is None else order)
    if evaluate:
        show_scores(source, choice, parse_shares("0.9,0.1" if split is None else split), json=json, quiet=quiet)
    elif explain is not None:
        show_factors(source, choice, explain, json=json)
    else:
        show_sample(source, choice, sample or 0, prime or "", 1 if seed is None else seed, json=json)


def _mode(model: str | None, asked: dict[str, bool]) -> str:
    """What the command does: counting, or the one thing that is asked of a model."""
    modes = [option for option, given in asked.items() if given]
    if model is None and not modes:
        return _COUNTING
    if model is None:
        raise UsageError(f"{modes[0]} needs a model: name one with --model ({', '.join(MARKOV_MODELS.names())})")
    if not modes:
        raise UsageError("--model takes one of --evaluate, --explain and --sample: add one of them")
    if len(modes) > 1:
        raise UsageError(f"--model takes one of --evaluate, --explain and --sample, not {' and '.join(modes)} together")
    return modes[0]


def _check_options(mode: str, given: list[str]) -> None:
    """Refuse options that have no meaning in this mode."""
    for option in given:
        if mode not in _BELONGS_TO[option]:
            modes = " or ".join(sorted(_BELONGS_TO[option]))
            raise UsageError(f"{option} belongs to {modes}, not to {mode}: leave it out")

"""The options of `charnn ngram-stats`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charnn.cli._shared.options import file_name
from charnn.configuration.units import NormalForm
from charnn.data.text.levels import Level, Tokenizer
from charnn.ngrams.models import MARKOV_MODELS

TextArgument = Annotated[
    str, typer.Argument(metavar="TEXT", help="A path, the name of a corpus, or - for standard input.")
]
LevelOption = Annotated[
    Level | None, typer.Option(help="What the n-grams are made of. Default: word; with --model character.")
]
OrderOption = Annotated[int | None, typer.Option(help="The highest order. Default: 3; with --model 6.")]
TopOption = Annotated[int | None, typer.Option(min=1, help="How many n-grams of each order to show. Default: 10.")]
TokensOption = Annotated[
    Tokenizer | None,
    typer.Option(help="What a word is. Default: letters (A–Z, a–z) for ASCII texts, unicode-words for all others."),
]
EncodingOption = Annotated[str, typer.Option(help="The encoding of the text.")]
NormalizeOption = Annotated[
    NormalForm,
    typer.Option(help="The normal form to bring the text into; persian folds what Arabic keyboards write."),
]
MemoryOption = Annotated[
    str | None, typer.Option(metavar="SIZE", help="The most memory to use, such as 500M; the rest goes to disk.")
]
PlotOption = Annotated[
    Path | None,
    typer.Option(parser=file_name, metavar="FILE", help="Plot the rank–frequency curves into a .png or .svg file."),
]
ModelOption = Annotated[
    str | None,
    typer.Option(metavar="MODEL", help=f"Make Markov models of the text: {', '.join(MARKOV_MODELS.names())}."),
]
SettingsOption = Annotated[
    list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="An option of the model, such as k=0.1.")
]
EvaluateOption = Annotated[
    bool, typer.Option("--evaluate", help="Score the model of every order on the validation part.")
]
SplitOption = Annotated[
    str | None,
    typer.Option(
        metavar="SHARES",
        help="The shares of the training, validation and, if any, test part, as for `charnn train`. Default: 0.9,0.1.",
    ),
]
ExplainOption = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Show the probability of a text, factor by factor.")
]
SampleOption = Annotated[
    int | None, typer.Option(metavar="N", min=0, help="Sample N symbols from the model of the highest order.")
]
PrimeOption = Annotated[str | None, typer.Option(metavar="TEXT", help="Text that the sample begins with.")]
SeedOption = Annotated[int | None, typer.Option(min=0, help="The same seed gives the same sample. Default: 1.")]
EscapeFormulasOption = Annotated[
    bool,
    typer.Option(
        "--escape-formulas", help="With --csv: put ' before each n-gram that a spreadsheet would take for a formula."
    ),
]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print the counts as comma-separated values.")]

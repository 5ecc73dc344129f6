"""The structures that the compiled code reads and writes.

`source/arguments.hpp` declares each of them too, and explains every field; `layout` holds both to each other.
"""

from __future__ import annotations

from ctypes import POINTER, Structure, c_char_p, c_double, c_int64, c_void_p

MOST_PARTS = 2
"""No state has more parts than h and c."""

_Parts = c_void_p * MOST_PARTS


class Arguments(Structure):
    """What `charnn.kernels.filling` fills."""

    alive: object
    """What it holds the addresses of."""


class WindowArguments(Arguments):
    """A cell over a window."""

    _fields_ = (
        ("steps", c_int64),
        ("lanes", c_int64),
        ("hidden", c_int64),
        ("symbols", c_int64),
        ("ends", c_void_p),
        ("rows", c_void_p),
        ("bias", c_void_p),
        ("ids", c_void_p),
        ("weights", c_void_p),
        ("start", _Parts),
        ("output", c_void_p),
        ("last", _Parts),
        ("saved", c_void_p),
        ("multiplied", c_void_p),
        ("xi_lanes", c_int64),
        ("xi", c_void_p),
        ("doutput", c_void_p),
        ("dlast", _Parts),
        ("drows", c_void_p),
        ("dstart", _Parts),
        ("dweights", c_void_p),
    )


class OutputArguments(Arguments):
    """The output layer and its loss."""

    _fields_ = (
        ("rows", c_int64),
        ("hidden", c_int64),
        ("symbols", c_int64),
        ("h", c_void_p),
        ("weights", c_void_p),
        ("bias", c_void_p),
        ("targets", c_void_p),
        ("row_weights", c_void_p),
        ("dlogits", c_void_p),
        ("loss", c_void_p),
        ("gradient", c_double),
        ("dh", c_void_p),
        ("dweights", c_void_p),
        ("dbias", c_void_p),
    )


class LayerArguments(Arguments):
    """One cell of a network that text is drawn from."""

    _fields_ = (
        ("cell", c_char_p),
        ("inputs", c_int64),
        ("hidden", c_int64),
        ("input_weights", c_void_p),
        ("bias", c_void_p),
        ("weights", c_void_p),
        ("state", _Parts),
    )


class MarkovLevelArguments(Arguments):
    """The n-grams of one length."""

    _fields_ = (("begins", c_void_p), ("last", c_void_p), ("alpha", c_void_p), ("gamma", c_void_p))


class MarkovArguments(Arguments):
    """A Markov model, and where each lane is in it."""

    _fields_ = (
        ("order", c_int64),
        ("shortest", c_int64),
        ("level", POINTER(MarkovLevelArguments)),
        ("nodes", c_void_p),
    )


class MixtureArguments(Arguments):
    """What is mixed with the probabilities of a network."""

    _fields_ = (
        ("models", c_int64),
        ("bounds", c_int64),
        ("model", POINTER(MarkovArguments)),
        ("sure", c_void_p),
        ("weights", c_void_p),
    )


class SamplerArguments(Arguments):
    """A network, and how symbols are drawn from it."""

    _fields_ = (
        ("layers", c_int64),
        ("lanes", c_int64),
        ("steps", c_int64),
        ("symbols", c_int64),
        ("layer", POINTER(LayerArguments)),
        ("output_weights", c_void_p),
        ("output_bias", c_void_p),
        ("logits", c_void_p),
        ("uniforms", c_void_p),
        ("drawn", c_void_p),
        ("temperature", c_double),
        ("top_k", c_int64),
        ("top_p", c_double),
        ("mixture", POINTER(MixtureArguments)),
    )


class ProjectionArguments(Arguments):
    """Inputs that are not one-hot, projected."""

    _fields_ = (
        ("rows", c_int64),
        ("inputs", c_int64),
        ("columns", c_int64),
        ("x", c_void_p),
        ("weights", c_void_p),
        ("y", c_void_p),
        ("dy", c_void_p),
        ("dx", c_void_p),
        ("dweights", c_void_p),
    )


class ElementwiseArguments(Arguments):
    """A sum or a product of two arrays, or the sum of the rows of one."""

    _fields_ = (
        ("rows", c_int64),
        ("columns", c_int64),
        ("first", c_void_p),
        ("second", c_void_p),
        ("to", c_void_p),
    )


class GatherArguments(Arguments):
    """Some rows of an array, in an order of their own."""

    _fields_ = (
        ("rows", c_int64),
        ("columns", c_int64),
        ("from_rows", c_int64),
        ("places", c_void_p),
        ("from", c_void_p),
        ("to", c_void_p),
        ("dto", c_void_p),
        ("dfrom", c_void_p),
    )


class MaskArguments(Arguments):
    """Numbers that are 0 with a probability."""

    _fields_ = (("of_weights", c_int64), ("count", c_int64), ("rate", c_double), ("to", c_void_p))


class NoiseArguments(Arguments):
    """The masks of a window, and what their random numbers are seeded with."""

    _fields_ = (
        ("seed", c_int64),
        ("words", c_int64 * 3),
        ("count", c_int64),
        ("masks", POINTER(MaskArguments)),
    )


class SymbolsArguments(Arguments):
    """Symbols, and which of their one-hot vectors are left out."""

    _fields_ = (
        ("steps", c_int64),
        ("lanes", c_int64),
        ("symbols", c_int64),
        ("of_window", c_int64),
        ("ids", c_void_p),
        ("mask", c_void_p),
        ("read", c_void_p),
    )


class ClipArguments(Arguments):
    """The gradients of a network, and the bounds that they are clipped to."""

    _fields_ = (
        ("count", c_int64),
        ("gradients", c_void_p),
        ("lengths", c_void_p),
        ("norm", c_double),
        ("value", c_double),
        ("norm_before", c_void_p),
        ("changed", c_void_p),
    )


class RuleArguments(Arguments):
    """The rule of an optimiser."""

    _fields_ = (
        ("rule", c_int64),
        ("count", c_int64),
        ("weights", c_void_p),
        ("gradients", c_void_p),
        ("first", c_void_p),
        ("second", c_void_p),
        ("steps", c_void_p),
        ("lengths", c_void_p),
        ("decay", c_void_p),
        ("rate", c_double),
        ("momentum", c_double),
        ("epsilon", c_double),
        ("fade", c_double * 2),
    )


class CheckArguments(Arguments):
    """Numbers that have to be finite."""

    _fields_ = (("count", c_int64), ("numbers", c_void_p))


class Call(Structure):
    """One call of a kernel."""

    _fields_ = (
        ("kernel", c_int64),
        ("precision", c_int64),
        ("cell", c_int64),
        ("threads", c_int64),
        ("arguments", c_void_p),
    )


class CopyArguments(Arguments):
    """What is copied before or after each of several runs of a program."""

    _fields_ = (
        ("from", c_void_p),
        ("to", c_void_p),
        ("from_stride", c_int64),
        ("to_stride", c_int64),
        ("bytes", c_int64),
    )


class RepeatArguments(Arguments):
    """Several runs of a program."""

    _fields_ = (
        ("runs", c_int64),
        ("calls", c_int64),
        ("copies_before", c_int64),
        ("copies_after", c_int64),
        ("call", POINTER(Call)),
        ("before", POINTER(CopyArguments)),
        ("after", POINTER(CopyArguments)),
        ("done", c_int64),
    )


STRUCTURES: tuple[type[Structure], ...] = (
    WindowArguments,
    OutputArguments,
    LayerArguments,
    MarkovLevelArguments,
    MarkovArguments,
    MixtureArguments,
    SamplerArguments,
    ProjectionArguments,
    ElementwiseArguments,
    GatherArguments,
    MaskArguments,
    NoiseArguments,
    SymbolsArguments,
    ClipArguments,
    RuleArguments,
    CheckArguments,
    Call,
    CopyArguments,
    RepeatArguments,
)

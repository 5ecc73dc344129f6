// The structures that Python fills and the kernels read.
//
// charnn/kernels/structures.py declares each of them a second time. `charnn_layout` tells it where every field lies
// here; charnn does not use a library that differs.
//
// T steps · B lanes · H hidden units · G gates · V symbols · N rows. Arrays are dense and row-major; a pointer may be
// null where a comment says so.

#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace charnn {

// No state has more parts than h and c.
constexpr int most_parts = 2;

// A cell over a window. The forward pass reads and writes the fields up to `multiplied`, the backward pass all.
struct WindowArguments {
    int64_t steps, lanes, hidden, symbols;
    const int64_t* ends;            // (B): after how many steps each row ends, or null: all after T
    const void* rows;               // (N, G·H): the projected inputs; N is `symbols`
    const void* bias;               // (G·H), or null: is added to each of them
    const int64_t* ids;             // (T, B): which row each step takes, or null: row t·B + b
    const void* weights;            // (H, G·H): W_h
    const void* start[most_parts];  // (B, H): each part of the state before the first step
    void* output;                   // (T, B, H): every h_t
    void* last[most_parts];         // (B, H): each part of the state after the last step of the row
    void* saved;                    // (T, B, charnn_saved()), or null: what the backward pass needs
    void* multiplied;               // (T, B, charnn_multiplied()), or null: what W_hh multiplies instead of h_{t−1}
    int64_t xi_lanes;               // how many numbers `xi` has for each step: 1 or B
    const double* xi;               // (T) or (T, B): ξ_t, or null where all are 1
    const void* doutput;            // (T, B, H), or null where it is 0
    const void* dlast[most_parts];  // (B, H), or null where it is 0
    void* drows;                    // (N, G·H): the gradient of each projected input
    void* dstart[most_parts];       // (B, H)
    void* dweights;                 // (H, G·H): ∂L/∂W_h
};

// The output layer and its loss.
struct OutputArguments {
    int64_t rows, hidden, symbols;  // N, H, V
    const void* h;                  // (N, H)
    const void* weights;            // (H, V): W_q
    const void* bias;               // (V): b_q
    const int64_t* targets;         // (N): y
    const void* row_weights;        // (N): what the loss of each row is multiplied by, or null where all are 1
    void* dlogits;                  // (N, V): ∂l/∂o, which the backward pass reads
    double* loss;                   // Σ l
    double gradient;                // ∂L/∂ Σ l
    void* dh;                       // (N, H)
    void* dweights;                 // (H, V)
    void* dbias;                    // (V)
};

// One cell of a network that text is drawn from.
struct LayerArguments {
    const char* cell;           // its name
    int64_t inputs, hidden;     // D, H
    const void* input_weights;  // (D, G·H): of the first layer the projected symbols, of the others W_x
    const void* bias;           // (G·H), or null
    const void* weights;        // (H, G·H): W_h
    void* state[most_parts];    // (B, H): each part of the state, which is read and replaced
};

// A network, and how symbols are drawn from it.
struct SamplerArguments {
    int64_t layers, lanes, steps, symbols;    // L, B, T, V
    const LayerArguments* layer;              // (L)
    const void* output_weights;               // (H, V): W_q
    const void* output_bias;                  // (V): b_q
    void* logits;                             // (B, V): those of the next symbol, which are read and replaced
    const double* uniforms;                   // (T, B)
    int64_t* drawn;                           // (T, B)
    double temperature;                       // 0: the likeliest symbol
    int64_t top_k;                            // 0: all
    double top_p;                             // 0: all
    void (*mix)(int64_t step, int64_t lane);  // may change a lane's logits before a symbol is drawn; null: nothing does
};

// Inputs that are not one-hot, projected: y = x W.
struct ProjectionArguments {
    int64_t rows, inputs, columns;  // N, D, G·H
    const void* x;                  // (N, D)
    const void* weights;            // (D, G·H): W
    void* y;                        // (N, G·H)
    const void* dy;                 // (N, G·H)
    void* dx;                       // (N, D)
    void* dweights;                 // (D, G·H)
};

// A sum or a product of two arrays, or the sum of the rows of one.
struct ElementwiseArguments {
    int64_t rows, columns;
    const void *first, *second;
    void* to;
};

// Some rows of an array, in an order of their own.
struct GatherArguments {
    int64_t rows, columns, from_rows;  // N, D, M
    const int64_t* places;             // (N): of each row, from 0 to M − 1
    const void* from;                  // (M, D)
    void* to;                          // (N, D)
    const void* dto;                   // (N, D)
    void* dfrom;                       // (M, D)
};

// Numbers that are 0 with the probability p, the rate, and else 1 / (1 − p).
struct MaskArguments {
    int64_t of_weights, count;
    double rate;
    void* to;
};

// The masks of a window, and what their random numbers are seeded with.
struct NoiseArguments {
    int64_t seed;      // of the masks of lanes
    int64_t words[3];  // of the masks of weights
    int64_t count;     // how many masks there are
    const MaskArguments* masks;
};

// Symbols, and which of their one-hot vectors are left out: those where the mask is 0.
struct SymbolsArguments {
    int64_t steps, lanes, symbols, of_window;
    const int64_t* ids;  // (T, B)
    const void* mask;    // (T, B); of a whole window (B, V)
    int64_t* read;       // (T, B): the id, or V where its vector is left out
};

// The gradients of a network, and the bounds that they are clipped to.
struct ClipArguments {
    int64_t count;           // how many parameters there are
    void* const* gradients;  // of each parameter
    const int64_t* lengths;  // how many numbers each has
    double norm, value;      // infinite where there is no bound
    double* norm_before;
    int64_t* changed;
};

// The rule of an optimiser.
struct RuleArguments {
    int64_t rule, count;           // which rule; how many parameters there are
    void* const* weights;          // of each parameter
    const void* const* gradients;  // of each parameter
    void* const* first;            // what the rule remembers of each number of a parameter; null: nothing
    void* const* second;           // and what else
    float* const* steps;           // how many updates each parameter had, which are counted here; null: nobody asks
    const int64_t* lengths;        // how many numbers each parameter has
    const double* decay;           // λ of each parameter
    double rate, momentum, epsilon, fade[2];
};

// Numbers that have to be finite for the program to go on.
struct CheckArguments {
    int64_t count;
    const double* numbers;
};

// One call of a kernel.
struct Call {
    int64_t kernel, precision, cell, threads;  // the cell only where the kernel is one of its passes
    void* arguments;                           // the structure that the kernel takes
};

// Where one field of a structure lies, in bytes; a field without a name is the whole structure.
struct Field {
    const char *structure, *name, *kind;
    int64_t offset, size;
};

template <class T>
constexpr const char* kind_of = std::is_pointer_v<std::remove_all_extents_t<T>>          ? "pointer"
                                : std::is_floating_point_v<std::remove_all_extents_t<T>> ? "number"
                                                                                         : "integer";

#define CHARNN_STRUCTURE(structure) {#structure, "", "structure", 0, sizeof(structure)}
#define CHARNN_FIELD(structure, field) \
    {#structure, #field, kind_of<decltype(structure::field)>, offsetof(structure, field), sizeof(structure::field)}

// A constant, because Python reads it before it knows whether this processor runs the library's code. The last entry is
// empty.
constexpr Field layout[] = {
    CHARNN_STRUCTURE(WindowArguments),
    CHARNN_FIELD(WindowArguments, steps),
    CHARNN_FIELD(WindowArguments, lanes),
    CHARNN_FIELD(WindowArguments, hidden),
    CHARNN_FIELD(WindowArguments, symbols),
    CHARNN_FIELD(WindowArguments, ends),
    CHARNN_FIELD(WindowArguments, rows),
    CHARNN_FIELD(WindowArguments, bias),
    CHARNN_FIELD(WindowArguments, ids),
    CHARNN_FIELD(WindowArguments, weights),
    CHARNN_FIELD(WindowArguments, start),
    CHARNN_FIELD(WindowArguments, output),
    CHARNN_FIELD(WindowArguments, last),
    CHARNN_FIELD(WindowArguments, saved),
    CHARNN_FIELD(WindowArguments, multiplied),
    CHARNN_FIELD(WindowArguments, xi_lanes),
    CHARNN_FIELD(WindowArguments, xi),
    CHARNN_FIELD(WindowArguments, doutput),
    CHARNN_FIELD(WindowArguments, dlast),
    CHARNN_FIELD(WindowArguments, drows),
    CHARNN_FIELD(WindowArguments, dstart),
    CHARNN_FIELD(WindowArguments, dweights),
    CHARNN_STRUCTURE(OutputArguments),
    CHARNN_FIELD(OutputArguments, rows),
    CHARNN_FIELD(OutputArguments, hidden),
    CHARNN_FIELD(OutputArguments, symbols),
    CHARNN_FIELD(OutputArguments, h),
    CHARNN_FIELD(OutputArguments, weights),
    CHARNN_FIELD(OutputArguments, bias),
    CHARNN_FIELD(OutputArguments, targets),
    CHARNN_FIELD(OutputArguments, row_weights),
    CHARNN_FIELD(OutputArguments, dlogits),
    CHARNN_FIELD(OutputArguments, loss),
    CHARNN_FIELD(OutputArguments, gradient),
    CHARNN_FIELD(OutputArguments, dh),
    CHARNN_FIELD(OutputArguments, dweights),
    CHARNN_FIELD(OutputArguments, dbias),
    CHARNN_STRUCTURE(LayerArguments),
    CHARNN_FIELD(LayerArguments, cell),
    CHARNN_FIELD(LayerArguments, inputs),
    CHARNN_FIELD(LayerArguments, hidden),
    CHARNN_FIELD(LayerArguments, input_weights),
    CHARNN_FIELD(LayerArguments, bias),
    CHARNN_FIELD(LayerArguments, weights),
    CHARNN_FIELD(LayerArguments, state),
    CHARNN_STRUCTURE(SamplerArguments),
    CHARNN_FIELD(SamplerArguments, layers),
    CHARNN_FIELD(SamplerArguments, lanes),
    CHARNN_FIELD(SamplerArguments, steps),
    CHARNN_FIELD(SamplerArguments, symbols),
    CHARNN_FIELD(SamplerArguments, layer),
    CHARNN_FIELD(SamplerArguments, output_weights),
    CHARNN_FIELD(SamplerArguments, output_bias),
    CHARNN_FIELD(SamplerArguments, logits),
    CHARNN_FIELD(SamplerArguments, uniforms),
    CHARNN_FIELD(SamplerArguments, drawn),
    CHARNN_FIELD(SamplerArguments, temperature),
    CHARNN_FIELD(SamplerArguments, top_k),
    CHARNN_FIELD(SamplerArguments, top_p),
    CHARNN_FIELD(SamplerArguments, mix),
    CHARNN_STRUCTURE(ProjectionArguments),
    CHARNN_FIELD(ProjectionArguments, rows),
    CHARNN_FIELD(ProjectionArguments, inputs),
    CHARNN_FIELD(ProjectionArguments, columns),
    CHARNN_FIELD(ProjectionArguments, x),
    CHARNN_FIELD(ProjectionArguments, weights),
    CHARNN_FIELD(ProjectionArguments, y),
    CHARNN_FIELD(ProjectionArguments, dy),
    CHARNN_FIELD(ProjectionArguments, dx),
    CHARNN_FIELD(ProjectionArguments, dweights),
    CHARNN_STRUCTURE(ElementwiseArguments),
    CHARNN_FIELD(ElementwiseArguments, rows),
    CHARNN_FIELD(ElementwiseArguments, columns),
    CHARNN_FIELD(ElementwiseArguments, first),
    CHARNN_FIELD(ElementwiseArguments, second),
    CHARNN_FIELD(ElementwiseArguments, to),
    CHARNN_STRUCTURE(GatherArguments),
    CHARNN_FIELD(GatherArguments, rows),
    CHARNN_FIELD(GatherArguments, columns),
    CHARNN_FIELD(GatherArguments, from_rows),
    CHARNN_FIELD(GatherArguments, places),
    CHARNN_FIELD(GatherArguments, from),
    CHARNN_FIELD(GatherArguments, to),
    CHARNN_FIELD(GatherArguments, dto),
    CHARNN_FIELD(GatherArguments, dfrom),
    CHARNN_STRUCTURE(MaskArguments),
    CHARNN_FIELD(MaskArguments, of_weights),
    CHARNN_FIELD(MaskArguments, count),
    CHARNN_FIELD(MaskArguments, rate),
    CHARNN_FIELD(MaskArguments, to),
    CHARNN_STRUCTURE(NoiseArguments),
    CHARNN_FIELD(NoiseArguments, seed),
    CHARNN_FIELD(NoiseArguments, words),
    CHARNN_FIELD(NoiseArguments, count),
    CHARNN_FIELD(NoiseArguments, masks),
    CHARNN_STRUCTURE(SymbolsArguments),
    CHARNN_FIELD(SymbolsArguments, steps),
    CHARNN_FIELD(SymbolsArguments, lanes),
    CHARNN_FIELD(SymbolsArguments, symbols),
    CHARNN_FIELD(SymbolsArguments, of_window),
    CHARNN_FIELD(SymbolsArguments, ids),
    CHARNN_FIELD(SymbolsArguments, mask),
    CHARNN_FIELD(SymbolsArguments, read),
    CHARNN_STRUCTURE(ClipArguments),
    CHARNN_FIELD(ClipArguments, count),
    CHARNN_FIELD(ClipArguments, gradients),
    CHARNN_FIELD(ClipArguments, lengths),
    CHARNN_FIELD(ClipArguments, norm),
    CHARNN_FIELD(ClipArguments, value),
    CHARNN_FIELD(ClipArguments, norm_before),
    CHARNN_FIELD(ClipArguments, changed),
    CHARNN_STRUCTURE(RuleArguments),
    CHARNN_FIELD(RuleArguments, rule),
    CHARNN_FIELD(RuleArguments, count),
    CHARNN_FIELD(RuleArguments, weights),
    CHARNN_FIELD(RuleArguments, gradients),
    CHARNN_FIELD(RuleArguments, first),
    CHARNN_FIELD(RuleArguments, second),
    CHARNN_FIELD(RuleArguments, steps),
    CHARNN_FIELD(RuleArguments, lengths),
    CHARNN_FIELD(RuleArguments, decay),
    CHARNN_FIELD(RuleArguments, rate),
    CHARNN_FIELD(RuleArguments, momentum),
    CHARNN_FIELD(RuleArguments, epsilon),
    CHARNN_FIELD(RuleArguments, fade),
    CHARNN_STRUCTURE(CheckArguments),
    CHARNN_FIELD(CheckArguments, count),
    CHARNN_FIELD(CheckArguments, numbers),
    CHARNN_STRUCTURE(Call),
    CHARNN_FIELD(Call, kernel),
    CHARNN_FIELD(Call, precision),
    CHARNN_FIELD(Call, cell),
    CHARNN_FIELD(Call, threads),
    CHARNN_FIELD(Call, arguments),
    {},
};

}  // namespace charnn

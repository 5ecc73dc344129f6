// The structures that Python fills and the kernels read.
//
// charnn/kernels/structures.py declares each of them a second time. `charnn_layout` tells it where every field lies
// here; charnn does not use a library that differs.
//
// T steps · B lanes · H hidden units · G gates · V symbols · N rows. Arrays are dense and row-major; a pointer may be
// null where a comment says so.

#pragma once

#include <cstdint>

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

// The n-grams of one length, by the contexts that they begin with.
struct MarkovLevelArguments {
    const int64_t* begins;  // (C + 1): where those of each context begin, and where all end
    const int64_t* last;    // (M): the last symbol of each, ascending within a context
    const double* alpha;    // (M)
    const double* gamma;    // (C)
};

// A Markov model, and where each lane is in it.
struct MarkovArguments {
    int64_t order, shortest;            // n; shorter contexts than the second say nothing
    const MarkovLevelArguments* level;  // (n)
    int64_t* nodes;  // (B, n): the place of the last 0, 1, … symbols among the n-grams of their length, or −1
};

// What is mixed with the probabilities of a network.
struct MixtureArguments {
    int64_t models, bounds;        // J − 1, S
    const MarkovArguments* model;  // (J − 1): each over the one before it
    const double* sure;            // (S): bounds between kinds of contexts, ascending
    const double* weights;         // (K, J): of the network and each model, by the kind of context
};

// A network, and how symbols are drawn from it.
struct SamplerArguments {
    int64_t layers, lanes, steps, symbols;  // L, B, T, V
    const LayerArguments* layer;            // (L)
    const void* output_weights;             // (H, V): W_q
    const void* output_bias;                // (V): b_q
    void* logits;                           // (B, V): those of the next symbol, which are read and replaced
    const double* uniforms;                 // (T, B)
    int64_t* drawn;                         // (T, B)
    double temperature;                     // 0: the likeliest symbol
    int64_t top_k;                          // 0: all
    double top_p;                           // 0: all
    const MixtureArguments* mixture;        // null: the network alone
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

// What is copied before or after each of several runs of a program: run i reads and writes i strides further on.
struct CopyArguments {
    const void* from;
    void* to;
    int64_t from_stride, to_stride, bytes;
};

// Several runs of a program.
struct RepeatArguments {
    int64_t runs, calls, copies_before, copies_after;  // how many there are of each
    const Call* call;                                  // those of one run
    const CopyArguments *before, *after;
    int64_t done;  // how many runs ended well
};

}  // namespace charnn

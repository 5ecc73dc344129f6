// The C interface of the kernels: which cell, in which numbers, on how many threads.

#include <algorithm>
#include <cstring>
#include <new>

#include "clipping.hpp"
#include "output.hpp"
#include "recurrence/passes.hpp"

namespace charnn {

// What is computed in: floats, doubles, or floats with products of bfloat16.
enum Precision { in_float, in_double, in_bfloat16 };

enum Outcome { done, unknown_cell, out_of_memory, unknown_symbol };

template <class F>
void run_output_forward(const OutputArguments& a, int threads, Team team) {
    const std::vector<Range> parts = divided(a.rows, threads);
    *a.loss = Output<F>(a).forward(
        [&](auto work) { share(parts.size(), team, [&](long part) { work(parts[part], part); }); });
}

template <class F>
void run_output_backward(const OutputArguments& a, int threads, Team team) {
    const std::vector<Range> parts = divided(a.rows, threads);
    Output<F>(a).backward(parts.size(),
                          [&](auto work) { share(parts.size(), team, [&](long part) { work(parts[part], part); }); });
}

// A function for each precision, from those for factors F.
#define CHARNN_OF_PRECISIONS(function) {function<float>, function<double>, function<Pair>}

using RunOutput = void (*)(const OutputArguments&, int, Team);
constexpr RunOutput output_forward[] = CHARNN_OF_PRECISIONS(run_output_forward);
constexpr RunOutput output_backward[] = CHARNN_OF_PRECISIONS(run_output_backward);

using PassesOfCells = const OfCells<Run>& (*)();
constexpr PassesOfCells forward[] = CHARNN_OF_PRECISIONS(forward_passes);
constexpr PassesOfCells backward[] = CHARNN_OF_PRECISIONS(backward_passes);

// What is known of a cell without running it.
struct Known {
    const char* name;
    long gates, registers;  // G, and how many registers it saves for each register of units
    bool multiplies_computed;
};
constexpr auto known =
    of_cells([]<class Cell> { return Known{Cell::name, Cell::gates, Cell::saved, has_between<Cell>}; });

// The number of a cell, or −1 where there is none of that name.
int find(const char* name) {
    for (size_t number = 0; number < known.size(); ++number)
        if (!std::strcmp(known[number].name, name)) return int(number);
    return -1;
}

template <class T>
void sample(const SamplerArguments& a, int threads, Team team) {
    Sampler<T> sampler(a, [](const char* cell) {
        const int number = find(cell);
        return SampledCell{known[number].gates, steppers<T>()[number]};
    });
    const std::vector<Range> parts = divided(a.lanes, threads);
    share(parts.size(), team, [&](long part) { sampler.run(parts[part]); });
}

bool are_symbols(const int64_t* ids, long count, int64_t symbols) {
    return std::all_of(ids, ids + count, [&](int64_t id) { return id >= 0 && id < symbols; });
}

template <class Work>
Outcome guarded(Work work) try {
    work();
    return done;
} catch (const std::bad_alloc&) {
    return out_of_memory;
}

}  // namespace charnn

#pragma GCC visibility push(default)
extern "C" {

// Where each field of the structures lies.
extern const charnn::Field* const charnn_layout;
const charnn::Field* const charnn_layout = charnn::layout;

// Whether this processor has what this library was compiled for.
int charnn_runs_here() {
#if defined(__AVX512F__)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
#elif defined(__AVX2__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 1;
#endif
}

// Which sources this library was compiled from.
const char* charnn_fingerprint() { return CHARNN_FINGERPRINT; }

// How many numbers a cell saves for each lane and step, or −1 where there is no kernel for it.
long charnn_saved(const char* cell, int precision, long hidden) {
    const int number = charnn::find(cell);
    if (number < 0) return -1;
    const long width = precision == charnn::in_double ? charnn::width<double> : charnn::width<float>;
    return (hidden + width - 1) / width * width * charnn::known[number].registers;
}

// How many numbers W_hh multiplies instead of h_{t−1} for each lane and step, or −1 where there is no kernel.
long charnn_multiplied(const char* cell, long hidden) {
    const int number = charnn::find(cell);
    return number < 0 ? -1 : charnn::known[number].multiplies_computed ? hidden : 0;
}

// Whether this processor multiplies numbers in bfloat16 at once; if not, they are rounded and multiplied as floats.
int charnn_multiplies_bfloat16() { return charnn::multiplies_pairs(); }

int charnn_forward(const char* cell, int precision, const charnn::WindowArguments* a, int threads, charnn::Team team) {
    const int number = charnn::find(cell);
    if (number < 0) return charnn::unknown_cell;
    if (a->ids && !charnn::are_symbols(a->ids, a->steps * a->lanes, a->symbols)) return charnn::unknown_symbol;
    return charnn::guarded([&] { charnn::forward[precision]()[number](*a, threads, team); });
}

int charnn_backward(const char* cell, int precision, const charnn::WindowArguments* a, int threads, charnn::Team team) {
    const int number = charnn::find(cell);
    if (number < 0) return charnn::unknown_cell;
    if (a->ids && !charnn::are_symbols(a->ids, a->steps * a->lanes, a->symbols)) return charnn::unknown_symbol;
    return charnn::guarded([&] { charnn::backward[precision]()[number](*a, threads, team); });
}

int charnn_output_forward(int precision, const charnn::OutputArguments* a, int threads, charnn::Team team) {
    if (!charnn::are_symbols(a->targets, a->rows, a->symbols)) return charnn::unknown_symbol;
    return charnn::guarded([&] { charnn::output_forward[precision](*a, threads, team); });
}

int charnn_output_backward(int precision, const charnn::OutputArguments* a, int threads, charnn::Team team) {
    return charnn::guarded([&] { charnn::output_backward[precision](*a, threads, team); });
}

int charnn_clip(int in_double, void* const* arrays, const int64_t* lengths, long count, double norm, double value,
                double* norm_before) {
    if (in_double) return charnn::clip((double* const*)arrays, lengths, count, norm, value, norm_before);
    return charnn::clip((float* const*)arrays, lengths, count, norm, value, norm_before);
}

int charnn_sample(int in_double, const charnn::SamplerArguments* a, int threads, charnn::Team team) {
    for (int64_t i = 0; i < a->layers; ++i)
        if (charnn::find(a->layer[i].cell) < 0) return charnn::unknown_cell;
    return charnn::guarded([&] { (in_double ? charnn::sample<double> : charnn::sample<float>)(*a, threads, team); });
}
}
#pragma GCC visibility pop

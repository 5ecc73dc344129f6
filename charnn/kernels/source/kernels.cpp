// The C interface of the kernels: which cell, in which numbers, on how many threads.

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <thread>

#include "cells.hpp"
#include "clipping.hpp"
#include "output.hpp"
#include "sampler.hpp"

namespace charnn {

// Runs body(data) on `threads` threads at once: libgomp's own GOMP_parallel, where torch brought one, so that a process
// has one team of threads and not two.
using Team = void (*)(void (*body)(void*), void* data, unsigned threads, unsigned flags);

// What is computed in: floats, doubles, or floats with products of bfloat16.
enum Precision { in_float, in_double, in_bfloat16, precisions };

enum Outcome { done, unknown_cell, out_of_memory, unknown_symbol };

// Lanes, rows or units in whole tiles, shared out among the threads.
std::vector<Range> divided(long count, int threads) {
    const long tiles = std::max(1L, (count + tile_lanes - 1) / tile_lanes), parts = std::clamp<long>(threads, 1, tiles);
    std::vector<Range> divided;
    for (long part = 0; part < parts; ++part)
        divided.push_back(
            {part * tiles / parts * tile_lanes, std::min((part + 1) * tiles / parts * tile_lanes, count)});
    return divided;
}

// Runs take(part) for every part from 0 on, each on a thread of its own.
template <class Take>
void share(long parts, Team team, Take take) {
    if (parts == 1) return take(0);
    std::atomic<long> next{0};
    auto body = [&] {
        for (long part; (part = next++) < parts;) take(part);
    };
    if (team) return team([](void* data) { (*(decltype(body)*)data)(); }, &body, unsigned(parts), 0);
    std::vector<std::thread> others;
    for (long part = 1; part < parts; ++part) others.emplace_back(body);
    body();
    for (std::thread& other : others) other.join();
}

template <class F, class Cell>
void run_forward(const WindowArguments& a, int threads, Team team) {
    Forward<F, Cell> pass(a);
    const std::vector<Range> parts = divided(a.lanes, threads);
    share(parts.size(), team, [&](long part) INLINE_ALL {
        pass.begin(parts[part]);
        for (long t = 0; t < a.steps; ++t) pass.step(t, parts[part]);
        pass.end(parts[part]);
    });
}

// For how many steps ∂L/∂a is kept, a power of two, where it is added to the gradients of symbols step by step.
long kept_steps(const std::vector<Range>& parts, long steps) {
    long kept = 1;
    for (const Range& lanes : parts)
        while (kept < gathered_steps(lanes, steps)) kept *= 2;
    return kept;
}

template <class F, class Cell>
void run_backward(const WindowArguments& a, int threads, Team team) {
    using T = Number<F>;
    const long width = Cell::gates * a.hidden;
    const std::vector<Range> parts = divided(a.lanes, threads), units = divided(a.hidden, parts.size());
    // Without ids, ∂L/∂a of all steps is the result itself.
    const long da_steps = a.ids ? kept_steps(parts, a.steps) : 0;
    std::vector<T> last_steps(da_steps * a.lanes * width);
    Backward<F, Cell> pass(a, a.ids ? last_steps.data() : a.drows, da_steps);
    RecurrentGradient<Backward<F, Cell>> recurrent(pass, parts);
    SymbolGradient<T> symbols((T*)a.drows, a.ids ? a.symbols : 0, width, parts.size());
    share(parts.size(), team, [&](long part) INLINE_ALL {
        pass.begin(parts[part]);
        for (long t = a.steps - 1; t >= 0; --t) {
            pass.step(t, parts[part]);
            if (a.ids) symbols.add(part, pass.window.da(t, 0), a.ids + t * a.lanes, parts[part]);
            recurrent.gather(t, part, parts[part]);
        }
        pass.end(parts[part]);
    });
    share(units.size(), team, [&](long part) { recurrent.write((T*)a.dweights, units[part]); });
    symbols.write();
}

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

using RunOutput = void (*)(const OutputArguments&, int, Team);
constexpr RunOutput output_forward[] = {run_output_forward<float>, run_output_forward<double>,
                                        run_output_forward<Pair>};
constexpr RunOutput output_backward[] = {run_output_backward<float>, run_output_backward<double>,
                                         run_output_backward<Pair>};

template <class T, class Cell>
std::unique_ptr<Stepper> make_stepper(const WindowArguments& a) {
    return std::make_unique<StepperOf<Forward<T, Cell>>>(a);
}

using Run = void (*)(const WindowArguments&, int, Team);

// What the library knows of a cell. `saved` and `multiplied` are explained at charnn_saved and charnn_multiplied.
struct Entry {
    const char* name;
    long (*saved[precisions])(long hidden);
    long (*multiplied)(long hidden);
    Run forward[precisions], backward[precisions];
    SampledCell sampled[2];
};

template <class T, class Cell>
long saved_numbers(long hidden) {
    return Window<T, Cell::gates, Cell::saved>::saved_numbers(hidden);
}

template <class Cell>
constexpr Entry entry(const char* name) {
    return {name,
            {saved_numbers<float, Cell>, saved_numbers<double, Cell>, saved_numbers<float, Cell>},
            [](long hidden) { return has_between<Cell> ? hidden : 0; },
            {run_forward<float, Cell>, run_forward<double, Cell>, run_forward<Pair, Cell>},
            {run_backward<float, Cell>, run_backward<double, Cell>, run_backward<Pair, Cell>},
            {{Cell::gates, make_stepper<float, Cell>}, {Cell::gates, make_stepper<double, Cell>}}};
}

const Entry entries[] = {
    entry<Linear>("linear"), entry<RNN>("rnn"), entry<SimpleGRU>("simple-gru"), entry<GRU>("gru"), entry<LSTM>("lstm"),
};

const Entry* find(const char* name) {
    for (const Entry& known : entries)
        if (!std::strcmp(known.name, name)) return &known;
    return nullptr;
}

template <class T>
void sample(const SamplerArguments& a, int threads, Team team) {
    Sampler<T> sampler(a, [](const char* cell) { return find(cell)->sampled[sizeof(T) == 8]; });
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
    const charnn::Entry* known = charnn::find(cell);
    return known ? known->saved[precision](hidden) : -1;
}

// How many numbers W_hh multiplies instead of h_{t−1} for each lane and step, or −1 where there is no kernel.
long charnn_multiplied(const char* cell, long hidden) {
    const charnn::Entry* known = charnn::find(cell);
    return known ? known->multiplied(hidden) : -1;
}

// Whether this processor multiplies numbers in bfloat16 at once; if not, they are rounded and multiplied as floats.
int charnn_multiplies_bfloat16() { return charnn::multiplies_pairs(); }

int charnn_forward(const char* cell, int precision, const charnn::WindowArguments* a, int threads, charnn::Team team) {
    const charnn::Entry* known = charnn::find(cell);
    if (!known) return charnn::unknown_cell;
    if (a->ids && !charnn::are_symbols(a->ids, a->steps * a->lanes, a->symbols)) return charnn::unknown_symbol;
    return charnn::guarded([&] { known->forward[precision](*a, threads, team); });
}

int charnn_backward(const char* cell, int precision, const charnn::WindowArguments* a, int threads, charnn::Team team) {
    const charnn::Entry* known = charnn::find(cell);
    if (!known) return charnn::unknown_cell;
    if (a->ids && !charnn::are_symbols(a->ids, a->steps * a->lanes, a->symbols)) return charnn::unknown_symbol;
    return charnn::guarded([&] { known->backward[precision](*a, threads, team); });
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
        if (!charnn::find(a->layer[i].cell)) return charnn::unknown_cell;
    return charnn::guarded([&] { (in_double ? charnn::sample<double> : charnn::sample<float>)(*a, threads, team); });
}
}
#pragma GCC visibility pop

// The C interface of the kernels: which cell, in which numbers, on how many threads.

#include <algorithm>
#include <cstring>
#include <new>

#include "clipping.hpp"
#include "elementwise.hpp"
#include "layout.hpp"
#include "noise.hpp"
#include "output.hpp"
#include "projection.hpp"
#include "recurrence/passes.hpp"
#include "rules.hpp"

namespace charnn {

enum Outcome { done, out_of_memory, unknown_symbol, not_finite };

// What is computed in: floats, doubles, or floats with products of bfloat16.
enum Precision { in_float, in_double, in_bfloat16 };

// A function for each precision, from those for factors F.
#define CHARNN_OF_PRECISIONS(function) {function<float>, function<double>, function<Pair>}

using RunOutput = void (*)(const OutputArguments&, Threads);
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
void sample(const SamplerArguments& a, Threads threads) {
    Sampler<T> sampler(a, threads, [](const char* cell) {
        const int number = find(cell);
        return SampledCell{known[number].gates, steppers<T>()[number]};
    });
    const std::vector<Range> parts = divided(a.lanes, threads.count);
    share(parts.size(), threads, [&](long part) { sampler.run(parts[part]); });
}

bool are_symbols(const int64_t* ids, long count, int64_t symbols) {
    return std::all_of(ids, ids + count, [&](int64_t id) { return id >= 0 && id < symbols; });
}

bool are_symbols(const WindowArguments& a) { return !a.ids || are_symbols(a.ids, a.steps * a.lanes, a.symbols); }

bool are_finite(const CheckArguments& a) {
    return std::all_of(a.numbers, a.numbers + a.count, [](double number) { return std::isfinite(number); });
}

// By the numbers that charnn/kernels/library.py gives them.
enum Kernel {
    cell_forward,
    cell_backward,
    loss_forward,
    loss_backward,
    projection,
    projection_backward,
    sum,
    sum_of_rows,
    clipping,
    check,
    rule,
    masking,
    noise,
    leaving_out,
    gathering,
    gathering_backward,
};

template <class T>
Outcome run_in(const Call& call, Team team) {
    const Threads threads{int(call.threads), team};
    switch (Kernel(call.kernel)) {
        case cell_forward: {
            const auto& a = *(const WindowArguments*)call.arguments;
            if (!are_symbols(a)) return unknown_symbol;
            forward[call.precision]()[call.cell](a, threads);
            return done;
        }
        case cell_backward:
            backward[call.precision]()[call.cell](*(const WindowArguments*)call.arguments, threads);
            return done;
        case loss_forward: {
            const auto& a = *(const OutputArguments*)call.arguments;
            if (!are_symbols(a.targets, a.rows, a.symbols)) return unknown_symbol;
            output_forward[call.precision](a, threads);
            return done;
        }
        case loss_backward:
            output_backward[call.precision](*(const OutputArguments*)call.arguments, threads);
            return done;
        case projection:
            project<T>(*(const ProjectionArguments*)call.arguments, threads);
            return done;
        case projection_backward:
            project_backward<T>(*(const ProjectionArguments*)call.arguments, threads);
            return done;
        case sum:
            add<T>(*(const ElementwiseArguments*)call.arguments);
            return done;
        case sum_of_rows:
            add_rows<T>(*(const ElementwiseArguments*)call.arguments);
            return done;
        case clipping:
            clip<T>(*(const ClipArguments*)call.arguments);
            return done;
        case check:
            return are_finite(*(const CheckArguments*)call.arguments) ? done : not_finite;
        case masking:
            multiply<T>(*(const ElementwiseArguments*)call.arguments);
            return done;
        case noise:
            draw_masks<T>(*(const NoiseArguments*)call.arguments);
            return done;
        case leaving_out: {
            const auto& a = *(const SymbolsArguments*)call.arguments;
            if (!are_symbols(a.ids, a.steps * a.lanes, a.symbols)) return unknown_symbol;
            leave_out<T>(a);
            return done;
        }
        case gathering: {
            const auto& a = *(const GatherArguments*)call.arguments;
            if (!are_symbols(a.places, a.rows, a.from_rows)) return unknown_symbol;
            gather<T>(a);
            return done;
        }
        case gathering_backward:
            gather_backward<T>(*(const GatherArguments*)call.arguments);
            return done;
        case rule:
            descend<T>(*(const RuleArguments*)call.arguments);
            return done;
    }
    return done;
}

// Runs calls in their order; where one does not end well, those after it are left out.
Outcome run(const Call* calls, long count, Team team) {
    for (const Call* call = calls; call < calls + count; ++call) {
        const Outcome outcome = call->precision == in_double ? run_in<double>(*call, team) : run_in<float>(*call, team);
        if (outcome != done) return outcome;
    }
    return done;
}

void copy(const CopyArguments* copies, long count, long run) {
    for (const CopyArguments* a = copies; a < copies + count; ++a)
        std::memcpy((char*)a->to + run * a->to_stride, (const char*)a->from + run * a->from_stride, a->bytes);
}

// Runs a program again and again, up to a run that does not end well.
Outcome repeat(RepeatArguments& a, Team team) {
    for (a.done = 0; a.done < a.runs; ++a.done) {
        copy(a.before, a.copies_before, a.done);
        const Outcome outcome = run(a.call, a.calls, team);
        if (outcome != done) return outcome;
        copy(a.after, a.copies_after, a.done);
    }
    return done;
}

template <class Work>
Outcome guarded(Work work) try {
    return work();
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

// The number of a cell in calls, or −1 where there is no kernel for it.
int charnn_cell(const char* cell) { return charnn::find(cell); }

int charnn_run(const charnn::Call* calls, long count, charnn::Team team) {
    return charnn::guarded([&] { return charnn::run(calls, count, team); });
}

int charnn_repeat(charnn::RepeatArguments* a, charnn::Team team) {
    return charnn::guarded([&] { return charnn::repeat(*a, team); });
}

int charnn_sample(int in_double, const charnn::SamplerArguments* a, int threads, charnn::Team team) {
    return charnn::guarded([&] {
        (in_double ? charnn::sample<double> : charnn::sample<float>)(*a, {threads, team});
        return charnn::done;
    });
}
}
#pragma GCC visibility pop

// The backward pass of a cell over a window, on several threads.

#pragma once

#include "passes.hpp"

namespace charnn {

// For how many steps ∂L/∂a is kept, a power of two, where it is added to the gradients of symbols step by step.
inline long kept_steps(const std::vector<Range>& parts, long steps) {
    long kept = 1;
    for (const Range& lanes : parts)
        while (kept < gathered_steps(lanes, steps)) kept *= 2;
    return kept;
}

template <class F, class Cell>
void run_backward(const WindowArguments& a, Threads threads) {
    using T = Number<F>;
    const long width = Cell::gates * a.hidden;
    const std::vector<Range> parts = divided(a.lanes, a.ends, threads.count);
    // Without ids, ∂L/∂a of all steps is the result itself.
    const long da_steps = a.ids ? kept_steps(parts, a.steps) : 0;
    std::vector<T> last_steps(da_steps * a.lanes * width);
    Backward<F, Cell> pass(a, a.ids ? last_steps.data() : a.drows, da_steps, threads);
    RecurrentGradient<Backward<F, Cell>> recurrent(pass, parts.size());
    SymbolGradient<T> symbols((T*)a.drows, a.ids ? a.symbols : 0, width, parts.size());
    share(parts.size(), threads, [&](long part) INLINE_ALL {
        pass.begin(parts[part]);
        recurrent.begin(part, parts[part]);
        for (long t = a.steps - 1; t >= 0; --t) {
            pass.step(t, parts[part]);
            if (a.ids) symbols.add(part, pass.window.da(t, 0), a.ids + t * a.lanes, parts[part]);
            recurrent.gather(t, part, parts[part]);
        }
        pass.end(parts[part]);
    });
    recurrent.write((T*)a.dweights, threads);
    symbols.write();
}

template <class F>
const OfCells<Run>& backward_passes() {
    static constexpr auto table = of_cells([]<class Cell> { return Run(run_backward<F, Cell>); });
    return table;
}

}  // namespace charnn

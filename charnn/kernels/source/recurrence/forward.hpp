// The forward pass of a cell over a window, on several threads.

#pragma once

#include "passes.hpp"

namespace charnn {

template <class F, class Cell>
void run_forward(const WindowArguments& a, Threads threads) {
    Forward<F, Cell> pass(a, threads);
    const std::vector<Range> parts = divided(a.lanes, a.ends, threads.count);
    share(parts.size(), threads, [&](long part) INLINE_ALL {
        pass.begin(parts[part]);
        for (long t = 0; t < a.steps; ++t) pass.step(t, parts[part]);
        pass.end(parts[part]);
    });
}

template <class F>
const OfCells<Run>& forward_passes() {
    static constexpr auto table = of_cells([]<class Cell> { return Run(run_forward<F, Cell>); });
    return table;
}

template <class F>
const OfCells<MakeStepper>& steppers() {
    static constexpr auto table = of_cells([]<class Cell> {
        return MakeStepper([](const WindowArguments& a, Threads threads) -> std::unique_ptr<Stepper> {
            return std::make_unique<StepperOf<Forward<F, Cell>>>(a, threads);
        });
    });
    return table;
}

}  // namespace charnn

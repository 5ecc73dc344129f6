// The forward pass of a cell over a window, on several threads.

#pragma once

#include "passes.hpp"

namespace charnn {

template <class F, class Cell>
void run_forward(const WindowArguments& a, int threads, Team team) {
    Forward<F, Cell> pass(a);
    const std::vector<Range> parts = divided(a.lanes, a.ends, threads);
    share(parts.size(), team, [&](long part) INLINE_ALL {
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
        return MakeStepper([](const WindowArguments& a) -> std::unique_ptr<Stepper> {
            return std::make_unique<StepperOf<Forward<F, Cell>>>(a);
        });
    });
    return table;
}

}  // namespace charnn

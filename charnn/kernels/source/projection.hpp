// What a cell reads that is not one-hot, projected for all rows (steps and lanes) of a window at once: y = x W.

#pragma once

#include "arguments.hpp"
#include "arithmetic/weights.hpp"
#include "threads.hpp"

namespace charnn {

// to = rows W, of some rows.
template <class T>
void multiply_rows(const T* rows, const Packed<T>& W, T* to, Range range) {
    Workspace<T> workspace(std::min(gathered_rows, range.count()), W.rows());
    for_blocks(range, [&](Range block) {
        product<1>(rows + block.first * W.rows(), W.rows(), W, Range{0, block.count()}, workspace,
                   [&]<int N>(long row, long column, auto count, Registers<T, N>(&sums)[1]) {
                       for (int i = 0; i < N; ++i)
                           store(to + (block.first + row + i) * W.units() + column, sums[0].of[i], count);
                   });
    });
}

template <class T>
void project(const ProjectionArguments& a, Threads threads) {
    const auto W = Packed<T>::columns((const T*)a.weights, a.columns, a.inputs, a.columns, 1, threads);
    const std::vector<Range> parts = divided(a.rows, threads.count);
    share(parts.size(), threads, [&](long part) INLINE_ALL { multiply_rows((const T*)a.x, W, (T*)a.y, parts[part]); });
}

// ∂L/∂x = ∂L/∂y Wᵀ, where there is room for it,  ∂L/∂W = xᵀ ∂L/∂y
template <class T>
void project_backward(const ProjectionArguments& a, Threads threads) {
    const auto W = Packed<T>::transposed((const T*)a.weights, a.columns, a.columns, a.inputs, threads);
    const std::vector<Range> parts = divided(a.rows, threads.count);
    std::vector<WeightGradient<T>> dW(parts.size());
    share(parts.size(), threads, [&](long part) INLINE_ALL {
        dW[part] = {a.inputs, a.columns, gathered_rows};
        if (a.dx) multiply_rows((const T*)a.dy, W, (T*)a.dx, parts[part]);
        for_blocks(parts[part], [&](Range block) {
            dW[part].add(
                block.count(), [&](long k) { return (const T*)a.x + (block.first + k) * a.inputs; },
                [&](long k) { return (const T*)a.dy + (block.first + k) * a.columns; });
        });
    });
    write_sum(dW, (T*)a.dweights, a.columns, threads);
}

}  // namespace charnn

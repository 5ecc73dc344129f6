// The tile of a product, in which nearly all the time is spent.

#pragma once

#include "product.hpp"

namespace charnn {

// kept (+)= `depth` factors of each of L lanes times as many of a panel. A function of its own, so that the compiler
// gives every register to the sums, one factor of each lane and one vector of the panel. V: how many vectors of the
// panel there are columns for.
template <class F, int L, int V, bool at_once>
__attribute__((noinline)) void add_tile(const F* left, long stride, const Vector<F>* panel, long depth,
                                        Vector<Number<F>>* kept, bool fresh) {
    using T = Number<F>;
    Vector<T> sums[L][V];
    for (int l = 0; l < L; ++l)
        for (int v = 0; v < V; ++v) sums[l][v] = fresh ? Vector<T>{} : kept[l * tile_vectors + v];
    for (long k = 0; k < depth; ++k, panel += tile_vectors) {
        Vector<F> row[L];
#pragma GCC unroll 8
        for (int l = 0; l < L; ++l) row[l] = left[l * stride + k] - Vector<F>{};
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) {
            const Vector<F> column = panel[v];
#pragma GCC unroll 8
            for (int l = 0; l < L; ++l) sums[l][v] = add_products<F, at_once>(sums[l][v], column, row[l]);
        }
    }
    for (int l = 0; l < L; ++l)
        for (int v = 0; v < V; ++v) kept[l * tile_vectors + v] = sums[l][v];
}

// The same for `count` ≤ L lanes, and for all of a panel or, where it holds columns for no more, for its first vector.
template <class F, int L>
inline void add_up_to(long count, const F* left, long stride, const Vector<F>* panel, long vectors, long depth,
                      Vector<Number<F>>* kept, bool fresh) {
    if (count == L) {
        const auto add = [&]<bool at_once>(std::bool_constant<at_once>) {
            if (vectors == 1) return add_tile<F, L, 1, at_once>(left, stride, panel, depth, kept, fresh);
            add_tile<F, L, tile_vectors, at_once>(left, stride, panel, depth, kept, fresh);
        };
        if constexpr (numbers<F> > 1)
            if (multiplies_pairs()) return add(std::true_type{});
        return add(std::false_type{});
    }
    if constexpr (L > 1) add_up_to<F, L - 1>(count, left, stride, panel, vectors, depth, kept, fresh);
}

template <class F>
void add_lanes(long count, const F* left, long stride, const Vector<F>* panel, long vectors, long depth,
               Vector<Number<F>>* kept, bool fresh) {
    add_up_to<F, tile_lanes>(count, left, stride, panel, vectors, depth, kept, fresh);
}

}  // namespace charnn

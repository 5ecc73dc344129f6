// Clipping a gradient, in one pass over it and one more where it has to be changed.

#pragma once

#include <algorithm>
#include <cmath>

#include "arguments.hpp"

namespace charnn {

struct Magnitude {
    double sum_of_squares, largest;
};

// Of all numbers of several arrays; where one of them is not finite, the sum is not either.
template <class T>
Magnitude magnitude(const T* const* arrays, const int64_t* lengths, long count) {
    // Several sums side by side fill the registers, in an order that no compiler changes.
    constexpr int chains = 32;
    double sums[chains] = {}, largest[chains] = {};
    for (long array = 0; array < count; ++array) {
        auto take = [&](long i, int chain) {
            const double value = arrays[array][i];
            sums[chain] += value * value;
            largest[chain] = std::max(largest[chain], std::abs(value));
        };
        long i = 0;
        for (; i + chains <= lengths[array]; i += chains)
            for (int chain = 0; chain < chains; ++chain) take(i + chain, chain);
        for (; i < lengths[array]; ++i) take(i, 0);
    }
    Magnitude found{};
    for (int chain = 0; chain < chains; ++chain) {
        found.sum_of_squares += sums[chain];
        found.largest = std::max(found.largest, largest[chain]);
    }
    return found;
}

template <class T, class F>
void change_all(T* const* arrays, const int64_t* lengths, long count, F f) {
    for (long array = 0; array < count; ++array)
        for (long i = 0; i < lengths[array]; ++i) arrays[array][i] = f(arrays[array][i]);
}

// Clips gradients in place: to a norm of at most `norm`, and each number to ±`value`; a bound that is not wanted is
// infinite. Leaves whether anything was changed, and the norm before.
template <class T>
void clip(const ClipArguments& a) {
    T* const* arrays = (T* const*)a.gradients;
    const Magnitude found = magnitude<T>(arrays, a.lengths, a.count);
    const double before = *a.norm_before = std::sqrt(found.sum_of_squares);
    if (before > a.norm) {
        const T factor = T(a.norm / before);
        change_all(arrays, a.lengths, a.count, [=](T gradient) { return gradient * factor; });
    }
    if (found.largest > a.value) {
        const T bound = T(a.value);
        change_all(arrays, a.lengths, a.count, [=](T gradient) { return std::min(std::max(gradient, -bound), bound); });
    }
    *a.changed = before > a.norm || found.largest > a.value;
}

}  // namespace charnn

// What a product multiplies: the numbers themselves, or pairs of them rounded to bfloat16.
//
// A bfloat16 is the upper half of a float. One instruction of newer processors takes a pair of them, multiplies it with
// another and adds both products to a float:
//
//     s ← s + a_1 b_1 + a_2 b_2
//
// Other processors do the same in floats: the products are exact, and only the sum is rounded.

#pragma once

#include "vector.hpp"

namespace charnn {

// Two neighbouring numbers, the first in the lower half.
using Pair = uint32_t;

template <>
struct Format<Pair> {
    typedef uint32_t Vector __attribute__((vector_size(register_bytes)));
};

// The numbers that factors F hold and are summed in, and how many of them one factor holds.
template <class F>
using Number = std::conditional_t<std::is_same_v<F, Pair>, float, F>;
template <class F>
constexpr long numbers = std::is_same_v<F, Pair> ? 2 : 1;

// How many factors hold `count` numbers.
template <class F>
constexpr long factors_of(long count) {
    return (count + numbers<F> - 1) / numbers<F>;
}

constexpr uint32_t upper_half = 0xffff0000u;

// To the nearest bfloat16, of two equally near the even one, in the upper half; a NaN stays a NaN.
template <class Bits>
inline Bits rounded(Bits bits) {
    const Bits magnitude = bits & 0x7fffffffu, to_even = (bits >> 16) & 1u;
    return (magnitude > 0x7f800000u ? bits | 0x400000u : bits + (to_even + 0x7fffu)) & upper_half;
}

// The factor of the numbers number(0), number(1), …
template <class F, class N>
inline F factor(N number) {
    if constexpr (std::is_same_v<F, Pair>) {
        auto bits = [&](int i) {
            const float value = number(i);
            Pair bits;
            std::memcpy(&bits, &value, sizeof bits);
            return rounded(bits);
        };
        return bits(0) >> 16 | bits(1);
    } else {
        return number(0);
    }
}

// A register of them.
template <class F, class N>
inline Vector<F> factors(N number) {
    if constexpr (std::is_same_v<F, Pair>)
        return rounded((Vector<Pair>)number(0)) >> 16 | rounded((Vector<Pair>)number(1));
    else
        return number(0);
}

#if defined(__AVX512F__)
inline Vector<float> add_products_at_once(Vector<float> sum, Vector<Pair> a, Vector<Pair> b) {
    asm("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
}
#else
inline Vector<float> add_products_at_once(Vector<float> sum, Vector<Pair>, Vector<Pair>) { return sum; }
#endif

// sum + a b. `at_once`: pairs by the one instruction.
template <class F, bool at_once>
inline Vector<Number<F>> add_products(Vector<Number<F>> sum, Vector<F> a, Vector<F> b) {
    if constexpr (!std::is_same_v<F, Pair>)
        return sum + a * b;
    else if constexpr (at_once)
        return add_products_at_once(sum, a, b);
    else {
        sum += (Vector<float>)(a << 16) * (Vector<float>)(b << 16);
        return sum + (Vector<float>)(a & upper_half) * (Vector<float>)(b & upper_half);
    }
}

// Whether this processor has the instruction, and whether the instruction does what is written above.
inline bool multiplies_pairs() {
#if defined(__AVX512F__)
    static const bool found = [] {
        if (!__builtin_cpu_supports("avx512bf16")) return false;
        const float numbers[2][2] = {{1.5f, -3.0f}, {0.25f, 7.0f}};
        auto pair = [&](int i) { return factor<Pair>([&](int j) { return numbers[i][j]; }) + Vector<Pair>{}; };
        const Vector<float> sum = add_products_at_once(2.0f - Vector<float>{}, pair(0), pair(1));
        return sum[0] == 2.0f + 1.5f * 0.25f - 21.0f && sum[width<float> - 1] == sum[0];
    }();
    return found;
#else
    return false;
#endif
}

}  // namespace charnn

// Vectors of one register's width, and the two functions that gates are made of.
//
// GCC's and Clang's vector extensions write them for any processor: what a register holds is decided by the flags
// that this file is compiled with.

#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

// Everything that the function calls becomes part of it; otherwise the sums would leave the registers.
#ifndef INLINE_ALL
#define INLINE_ALL __attribute__((flatten))
#endif

namespace charnn {

#if defined(__AVX512F__)
constexpr int register_bytes = 64;
#elif defined(__AVX2__)
constexpr int register_bytes = 32;
#else
constexpr int register_bytes = 16;
#endif

template <class T>
struct Format;

template <>
struct Format<float> {
    typedef float Vector __attribute__((vector_size(register_bytes)));
    typedef float Unaligned __attribute__((vector_size(register_bytes), aligned(sizeof(float))));
    typedef uint32_t Bits __attribute__((vector_size(register_bytes)));
    static constexpr int mantissa = 23;
    static constexpr int terms = 7;          // of the Taylor series, for an error below half a unit in the last place
    static constexpr float largest = 87.0f;  // e^±largest is a normal number
};

template <>
struct Format<double> {
    typedef double Vector __attribute__((vector_size(register_bytes)));
    typedef double Unaligned __attribute__((vector_size(register_bytes), aligned(sizeof(double))));
    typedef uint64_t Bits __attribute__((vector_size(register_bytes)));
    static constexpr int mantissa = 52;
    static constexpr int terms = 13;
    static constexpr double largest = 708.0;
};

template <class T>
using Vector = typename Format<T>::Vector;

// How many numbers a register holds.
template <class T>
constexpr long width = register_bytes / sizeof(T);

// How many units of a register there are: all of them, which the compiler then knows, or only the first few.
template <class T>
using Full = std::integral_constant<long, width<T>>;

template <class T>
inline Vector<T> load(const T* from, Full<T>) {
    return *(const typename Format<T>::Unaligned*)from;
}

// Zeros in the rest of the register.
template <class T>
inline Vector<T> load(const T* from, long count) {
    Vector<T> value{};
    std::memcpy(&value, from, count * sizeof(T));
    return value;
}

template <class T>
inline void store(T* to, Vector<T> value, Full<T>) {
    *(typename Format<T>::Unaligned*)to = value;
}

template <class T>
inline void store(T* to, Vector<T> value, long count) {
    std::memcpy(to, &value, count * sizeof(T));
}

// f(count) with as many units as there are from `unit` on.
template <class T, class F>
inline void with_count(long unit, long units, F f) {
    if (units - unit >= width<T>)
        f(Full<T>{});
    else
        f(units - unit);
}

// e^x − 1 without cancellation near 0: with x = n ln 2 + r and |r| ≤ ln 2 / 2,
//
//     e^x − 1 = 2^n (e^r − 1) + (2^n − 1),     e^r − 1 = r + r²/2! + r³/3! + …
template <class T>
inline Vector<T> exponential_minus_one(Vector<T> x) {
    using F = Format<T>;
    constexpr T log2_e = T(1.4426950408889634074);
    constexpr T ln2_high = sizeof(T) == 4 ? T(0.693359375) : T(6.93147180369123816490e-01);
    constexpr T ln2_low = sizeof(T) == 4 ? T(-2.12194440e-4) : T(1.90821492927058770002e-10);
    // Adding this rounds to a whole number, which is then in the lowest bits.
    constexpr T shift = T(1.5) * T(uint64_t(1) << F::mantissa);
    x = x > F::largest ? F::largest - Vector<T>{} : x;
    x = x < -F::largest ? -F::largest - Vector<T>{} : x;
    const Vector<T> shifted = x * log2_e + shift;
    const Vector<T> n = shifted - shift;
    const Vector<T> r = (x - n * ln2_high) - n * ln2_low;
    const Vector<T> one = T(1) - Vector<T>{};
    const Vector<T> power = (Vector<T>)(((typename F::Bits)shifted << F::mantissa) + (typename F::Bits)one);
    T factorial = 1;
    for (int k = 2; k <= F::terms; ++k) factorial *= T(k);
    Vector<T> series = T(1) / factorial - Vector<T>{};
    for (int k = F::terms; k > 1; --k) {
        factorial /= T(k);
        series = series * r + T(1) / factorial;
    }
    return power * (series * r) + (power - one);
}

// σ(x) = 1 / (1 + e^−x)
template <class T>
inline Vector<T> sigmoid(Vector<T> x) {
    return T(1) / (T(2) + exponential_minus_one<T>(-x));
}

// tanh x = (e^2x − 1) / (e^2x + 1)
template <class T>
inline Vector<T> hyperbolic_tangent(Vector<T> x) {
    const Vector<T> e = exponential_minus_one<T>(x + x);
    return e / (e + T(2));
}

// The same register of N neighbouring lanes. What is done to them is written one operation after the other, each for
// all lanes: the processor works at the long chains of exponentials of all of them at once.
template <class T, int N>
struct Registers {
    Vector<T> of[N];

    // Written without a loop, which would keep the registers in memory.
    template <class F>
    static Registers each(F f) {
        return [&]<int... lane>(std::integer_sequence<int, lane...>) {
            return Registers{{f(lane)...}};
        }(std::make_integer_sequence<int, N>{});
    }
    friend Registers operator+(Registers a, Registers b) {
        return each([&](int lane) { return a.of[lane] + b.of[lane]; });
    }
    friend Registers operator-(Registers a, Registers b) {
        return each([&](int lane) { return a.of[lane] - b.of[lane]; });
    }
    friend Registers operator*(Registers a, Registers b) {
        return each([&](int lane) { return a.of[lane] * b.of[lane]; });
    }
    friend Registers operator-(T a, Registers b) {
        return each([&](int lane) { return a - b.of[lane]; });
    }
    friend Registers operator*(T a, Registers b) {
        return each([&](int lane) { return a * b.of[lane]; });
    }
};

template <class T, int N>
inline Registers<T, N> sigmoid(Registers<T, N> x) {
    return Registers<T, N>::each([&](int lane) { return sigmoid<T>(x.of[lane]); });
}

template <class T, int N>
inline Registers<T, N> hyperbolic_tangent(Registers<T, N> x) {
    return Registers<T, N>::each([&](int lane) { return hyperbolic_tangent<T>(x.of[lane]); });
}

}  // namespace charnn

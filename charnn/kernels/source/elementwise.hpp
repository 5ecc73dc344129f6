// What lies between the large kernels of a program: sums of arrays, masks, and rows that are picked out.

#pragma once

#include <algorithm>
#include <cmath>

#include "arguments.hpp"

namespace charnn {

// to = a + b
template <class T>
void add(const ElementwiseArguments& a) {
    const T *first = (const T*)a.first, *second = (const T*)a.second;
    for (long i = 0; i < a.rows * a.columns; ++i) ((T*)a.to)[i] = first[i] + second[i];
}

// to = a ⊙ b, each row of a with the one row of b
template <class T>
void multiply(const ElementwiseArguments& a) {
    for (long row = 0; row < a.rows; ++row) {
        const T *first = (const T*)a.first + row * a.columns, *second = (const T*)a.second;
        T* to = (T*)a.to + row * a.columns;
        for (long i = 0; i < a.columns; ++i) to[i] = first[i] * second[i];
    }
}

// to = Σ of the rows
template <class T>
void add_rows(const ElementwiseArguments& a) {
    T* to = (T*)a.to;
    std::fill(to, to + a.columns, T(0));
    for (long row = 0; row < a.rows; ++row)
        for (long i = 0; i < a.columns; ++i) to[i] += ((const T*)a.first)[row * a.columns + i];
}

// to = the rows of an array at some places
template <class T>
void gather(const GatherArguments& a) {
    for (long row = 0; row < a.rows; ++row)
        std::copy_n((const T*)a.from + a.places[row] * a.columns, a.columns, (T*)a.to + row * a.columns);
}

// The gradient of each row of the array: the sum over the places where it was taken.
template <class T>
void gather_backward(const GatherArguments& a) {
    std::fill_n((T*)a.dfrom, a.from_rows * a.columns, T(0));
    for (long row = 0; row < a.rows; ++row) {
        const T* from = (const T*)a.dto + row * a.columns;
        T* to = (T*)a.dfrom + a.places[row] * a.columns;
        for (long i = 0; i < a.columns; ++i) to[i] += from[i];
    }
}

}  // namespace charnn

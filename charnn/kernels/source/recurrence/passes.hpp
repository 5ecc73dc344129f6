// The passes of every cell over a window, as tables of functions: one entry a cell, in the order of `Cells`.
//
// F: the factors of products. The tables of each F are compiled in a file of their own, so that the compiler works on
// several at once.

#pragma once

#include "../sampler.hpp"
#include "../threads.hpp"
#include "cells.hpp"

namespace charnn {

using Run = void (*)(const WindowArguments&, Threads);
using MakeStepper = std::unique_ptr<Stepper> (*)(const WindowArguments&, Threads);

template <class Entry>
using OfCells = std::array<Entry, std::tuple_size_v<Cells>>;

template <class F>
const OfCells<Run>& forward_passes();
template <class F>
const OfCells<Run>& backward_passes();
template <class F>
const OfCells<MakeStepper>& steppers();

// take.operator()<Cell>() of every cell.
template <class Take>
constexpr auto of_cells(Take take) {
    return [&]<class... Cell>(std::type_identity<std::tuple<Cell...>>) {
        return std::array{take.template operator()<Cell>()...};
    }(std::type_identity<Cells>{});
}

}  // namespace charnn

// What all cells share: a step of the forward or the backward pass takes the recurrent products, and hands their sums
// to the cell's equations (cells.hpp), one register of units of a few lanes at a time.
//
// A cell declares
//
//     enum Gate       its gates in storage order, and how many there are (`gates`)
//     enum Saved      what its forward pass saves for each unit, and how many numbers these are (`saved`)
//     matrices        its recurrent matrices
//     parts           how many parts its state has: h alone, or h and a memory c
//     forward         its equations, from the sums a(gate) = W_·h m + W_·x x_t + b_· to h_t
//     backward        their derivatives, from ∂L/∂h_t to ∂L/∂a_t and to what reaches h_{t−1} past the products
//
// and, where a second matrix multiplies what the cell computes from the first product, also
//
//     between             what it computes there
//     between_backward    the derivatives of that

#pragma once

#include <array>

#include "../arithmetic/weights.hpp"
#include "window.hpp"

namespace charnn {

// What a recurrent matrix multiplies: h_{t−1}, or what the cell computes between its products.
enum class Multiplies { h_before, computed };

// A recurrent matrix: gates [first, first + gates) of W_h.
struct Matrix {
    int first, gates;
    Multiplies what = Multiplies::h_before;
};

template <class Cell>
using Matrices = std::make_index_sequence<std::size(Cell::matrices)>;

// Whether a cell has a second matrix, and so something to compute between two products.
template <class Cell>
constexpr bool has_between = Matrices<Cell>::size() == 2;

// The steps of a cell, one after the other. F: the factors of its products.
template <class F, class Cell>
class Forward {
public:
    using T = Number<F>;

    Forward(const WindowArguments& a, Threads threads)
        : window_(a),
          W_(pack(a, threads, Matrices<Cell>{})),
          workspace_(a.lanes, a.hidden),
          memory_(Cell::parts > 1 ? a.lanes : 0, a.hidden),
          kept_(has_between<Cell> ? a.lanes : 0, a.hidden),
          multiplied_(has_between<Cell> ? a.lanes : 0, a.hidden) {}

    void begin(Range lanes) {
        if constexpr (Cell::parts > 1) memory_.read(window_.arguments.start[1], lanes);
        leave(0, lanes);
    }
    void step(long t, Range lanes) {
        const Range reading = window_.reading(t, lanes);
        if constexpr (has_between<Cell>) {
            multiply<0>(window_.h_before(t), t, reading, [](auto at, auto a) { Cell::between(at, a); });
            multiply<1>(multiplied_.data(), t, reading, [](auto at, auto a) { Cell::forward(at, a); });
        } else
            multiply<0>(window_.h_before(t), t, reading, [](auto at, auto a) { Cell::forward(at, a); });
        window_.clear(t, {lanes.first, reading.first});
        leave(t + 1, reading);
    }
    void end(Range lanes) {
        if (window_.arguments.ends) return;
        const long H = window_.H;
        const T* h = window_.h_before(window_.steps);
        std::copy(h + lanes.first * H, h + lanes.last * H, (T*)window_.arguments.last[0] + lanes.first * H);
        if constexpr (Cell::parts > 1) memory_.write(window_.arguments.last[1], lanes);
    }

private:
    // Keeps the state of the rows that end after so many steps.
    void leave(long steps, Range lanes) {
        window_.for_ended(steps, lanes, [&](long lane) {
            const long H = window_.H;
            const T* h = window_.h_before(steps) + lane * H;
            std::copy(h, h + H, (T*)window_.arguments.last[0] + lane * H);
            if constexpr (Cell::parts > 1) memory_.write(window_.arguments.last[1], {lane, lane + 1});
        });
    }

    // What a cell's equations read and write.
    template <int N, class C>
    struct At {
        using Value = Registers<T, N>;

        Value h_before() const { return pass.window_.h_before(place); }
        void set_h(Value h) const { pass.window_.set_h(place, h); }
        // The memory c: c_{t−1} until it is set to c_t.
        Value memory() const { return pass.memory_.get(place); }
        void set_memory(Value c) const { pass.memory_.set(place, c); }
        // Keeps a number for the backward pass.
        void save(int slot, Value value) const { pass.window_.save(place, slot, value); }
        // What `between` hands on: to the second product, and to `forward`.
        void set_multiplied(Value m) const {
            pass.multiplied_.set(place, m);
            pass.window_.save_multiplied(place, m);
        }
        void keep(Value value) const { pass.kept_.set(place, value); }
        Value kept() const { return pass.kept_.get(place); }

        Forward& pass;
        Place<N, C> place;
    };

    using Weights = std::array<Packed<F>, Matrices<Cell>::size()>;

    template <size_t... i>
    static Weights pack(const WindowArguments& a, Threads threads, std::index_sequence<i...>) {
        const long H = a.hidden;
        return {Packed<F>::columns((const T*)a.weights + Cell::matrices[i].first * H, Cell::gates * H, H, H,
                                   Cell::matrices[i].gates, threads)...};
    }

    // equations(at, a) with the sums of matrix number i; m holds the rows of all lanes that it multiplies.
    template <int i, class Equations>
    void multiply(const T* m, long t, Range lanes, Equations equations) {
        constexpr int first = Cell::matrices[i].first, gates = Cell::matrices[i].gates;
        product<gates>(m, window_.H, W_[i], lanes, workspace_,
                       [&]<int N, int G>(long lane, long unit, auto count, Registers<T, N>(&sums)[G]) {
                           const Place<N, decltype(count)> place{t, lane, unit, count};
                           const auto a = [&](int gate) { return window_.input(place, gate) + sums[gate - first]; };
                           equations(At<N, decltype(count)>{*this, place}, a);
                       });
    }

    Window<T, Cell::gates, Cell::saved> window_;
    Weights W_;
    Workspace<F> workspace_;
    Carried<T> memory_, kept_, multiplied_;
};

// The same steps in reverse.
//
//     ∂L/∂h_{t−1} = ξ_t (what reaches it past the products + ∂L/∂a_t W_hᵀ)
template <class Factor, class Kind>
class Backward {
public:
    using F = Factor;
    using T = Number<F>;
    using Cell = Kind;

    // da: see Window.
    Backward(const WindowArguments& a, void* da, long da_steps, Threads threads)
        : window(a, da, da_steps),
          W_(pack(a, threads, Matrices<Cell>{})),
          workspace_(a.lanes, Cell::gates * a.hidden),
          memory_start_(a.start[1], a.lanes, a.hidden),
          dh_(a.lanes, a.hidden),
          dmemory_(Cell::parts > 1 ? a.lanes : 0, a.hidden) {}

    void begin(Range lanes) {
        if (window.arguments.ends) return;
        dh_.read(window.arguments.dlast[0], lanes);
        if constexpr (Cell::parts > 1) dmemory_.read(window.arguments.dlast[1], lanes);
    }
    void step(long t, Range lanes) {
        const Range reading = window.reading(t, lanes);
        window.clear_da(t, {lanes.first, reading.first});
        arrive(t + 1, reading);
        for_units<T>(t, window.H, reading,
                     [&]<int N, class C>(Place<N, C> place) { Cell::backward(At<N, C>{*this, place}); });
        if constexpr (has_between<Cell>)
            multiply<1>(t, reading, [&]<int N, class C>(Place<N, C> place, Registers<T, N> dmultiplied) {
                Cell::between_backward(At<N, C>{*this, place}, dmultiplied);
            });
        // Where ξ_t is 0, nothing has to be multiplied.
        if (window.is_cut(t, reading))
            for_units<T>(t, window.H, reading, [&](auto place) { dh_.set(place, Registers<T, 1>{}); });
        else
            multiply<0>(t, reading,
                        [&](auto place, auto sum) { dh_.set(place, window.xi(place) * (dh_.get(place) + sum)); });
    }
    void end(Range lanes) {
        arrive(0, lanes);
        dh_.write(window.arguments.dstart[0], lanes);
        if constexpr (Cell::parts > 1) dmemory_.write(window.arguments.dstart[1], lanes);
    }
    // The rows of all lanes that a matrix multiplied.
    const T* multiplied(const Matrix& matrix, long t) const {
        return matrix.what == Multiplies::computed ? window.multiplied(t) : window.h_before(t);
    }

    Window<T, Cell::gates, Cell::saved> window;

private:
    // Takes in the gradient of the last state of the rows that end after so many steps.
    void arrive(long steps, Range lanes) {
        window.for_ended(steps, lanes, [&](long lane) {
            dh_.add(window.arguments.dlast[0], lane);
            if constexpr (Cell::parts > 1) dmemory_.add(window.arguments.dlast[1], lane);
        });
    }

    // What a cell's differentiated equations read and write.
    template <int N, class C>
    struct At {
        using Value = Registers<T, N>;

        Value h() const { return pass.window.h(place); }
        Value h_before() const { return pass.window.h_before(place); }
        // What the forward pass saved at this step.
        Value saved(int slot) const { return pass.window.saved(place, slot); }
        // c_{t−1}, which the step before saved.
        Value memory_before(int slot) const {
            return place.step == 0 ? pass.memory_start_.get(place) : pass.window.saved(place.previous(), slot);
        }
        // ∂L/∂h_t: what flows back from step t + 1 and from the losses that read h_t.
        Value dh() const { return pass.dh_.get(place) + pass.window.dh_read(place); }
        void set_da(int gate, Value value) const { pass.window.set_da(place, gate, value); }
        // What reaches h_{t−1} past the products, without ξ_t.
        void set_dh_before(Value value) const { pass.dh_.set(place, value); }
        static Value nothing() { return {}; }
        void add_to_dh_before(Value value) const { pass.dh_.set(place, pass.dh_.get(place) + value); }
        // ∂L/∂c_t until it is set to ∂L/∂c_{t−1}, with ξ_t.
        Value dmemory() const { return pass.dmemory_.get(place); }
        void set_dmemory(Value value) const { pass.dmemory_.set(place, value); }
        Value xi() const { return pass.window.xi(place); }

        Backward& pass;
        Place<N, C> place;
    };

    using Weights = std::array<Packed<F>, Matrices<Cell>::size()>;

    template <size_t... i>
    static Weights pack(const WindowArguments& a, Threads threads, std::index_sequence<i...>) {
        const long H = a.hidden;
        return {Packed<F>::transposed((const T*)a.weights + Cell::matrices[i].first * H, Cell::gates * H,
                                      Cell::matrices[i].gates * H, H, threads)...};
    }

    // finish(place, sum) with Σ ∂L/∂a_t W_iᵀ over the gates of matrix number i.
    template <int i, class Finish>
    void multiply(long t, Range lanes, Finish finish) {
        product<1>(window.da(t, Cell::matrices[i].first), Cell::gates * window.H, W_[i], lanes, workspace_,
                   [&]<int N>(long lane, long unit, auto count, Registers<T, N>(&sums)[1]) {
                       finish(Place<N, decltype(count)>{t, lane, unit, count}, sums[0]);
                   });
    }

    Weights W_;
    Workspace<F> workspace_;
    const Rows<T> memory_start_;
    Carried<T> dh_, dmemory_;
};

}  // namespace charnn

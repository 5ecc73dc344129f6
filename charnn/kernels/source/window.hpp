// A window as the cells' kernels see it: where the numbers of step t, lane b and unit i lie.

#pragma once

#include "product.hpp"

namespace charnn {

constexpr int most_parts = 2;

// What is computed, as the C interface takes it. T steps, B lanes, H units, G gates; arrays are dense and row-major,
// and may be null where a comment says so.
struct Arguments {
    int64_t steps, lanes, hidden, symbols;
    const void* rows;               // (N, G·H): the projected inputs; N is `symbols`
    const void* bias;               // (G·H), or null: is added to each of them
    const int64_t* ids;             // (T, B): which row each step takes, or null: row t·B + b
    const void* weights;            // (H, G·H): W_h
    const void* start[most_parts];  // (B, H): each part of the state before the first step
    void* output;                   // (T, B, H): every h_t
    void* last[most_parts];         // (B, H): each part of the state after the last step
    void* saved;                    // (T, B, charnn_saved()), or null: what the way back needs
    void* multiplied;               // (T, B, H), or null: what W_hh multiplies where that is not h_{t−1}
    const double* gates;            // (T): ξ_t, or null where all are 1
    const void* doutput;            // (T, B, H), or null where it is 0
    const void* dlast[most_parts];  // (B, H), or null where it is 0
    void* drows;                    // (N, G·H): the gradient of each projected input
    void* dstart[most_parts];       // (B, H)
    void* dweights;                 // (H, G·H): ∂L/∂W_h
    void* da;                       // ∂L/∂a of all steps or the last few; room that the kernels themselves provide
    int64_t da_steps;               // how many those are, a power of two, or 0: all
};

// A register of units of the N lanes from `lane` on, at one step; `count` says how many of its units there are.
template <int N, class Count>
struct At {
    long step, lane, unit;
    Count count;

    At next() const { return {step + 1, lane, unit, count}; }
    At previous() const { return {step - 1, lane, unit, count}; }
};

// A dense array of T with one row for each lane and step, or for each of the last few steps (a power of two).
template <class T>
class Rows {
public:
    Rows(const void* first, long lanes, long width, long steps = 0)
        : first_((T*)first), lanes_(lanes), width_(width), mask_(steps - 1) {}

    explicit operator bool() const { return first_; }
    T* row(long step, long lane) const { return first_ + ((step & mask_) * lanes_ + lane) * width_; }

    // From column `column` on; `count` numbers of each lane.
    template <int N, class C, class Count>
    Registers<T, N> get(At<N, C> at, long column, Count count) const {
        return Registers<T, N>::each([&](int lane) { return load(row(at.step, at.lane + lane) + column, count); });
    }
    template <int N, class C, class Count>
    void set(At<N, C> at, long column, Registers<T, N> value, Count count) const {
        for (int lane = 0; lane < N; ++lane) store(row(at.step, at.lane + lane) + column, value.of[lane], count);
    }

private:
    T* first_;
    long lanes_, width_, mask_;
};

template <class T, int G, int S>
class Window {
public:
    explicit Window(const Arguments& a)
        : arguments(a),
          steps(a.steps),
          H(a.hidden),
          lanes_(a.lanes),
          start_(a.start[0], a.lanes, H),
          output_(a.output, a.lanes, H),
          saved_(a.saved, a.lanes, saved_numbers(H)),
          multiplied_(a.multiplied, a.lanes, H),
          doutput_(a.doutput, a.lanes, H),
          da_(a.da, a.lanes, G * H, a.da_steps) {}

    // W_·x x_t + b_·
    template <int N, class C>
    Registers<T, N> input(At<N, C> at, int gate) const {
        const Vector<T> bias =
            arguments.bias ? load((const T*)arguments.bias + gate * H + at.unit, at.count) : Vector<T>{};
        return Registers<T, N>::each([&](int lane) {
            const long place = at.step * lanes_ + at.lane + lane;
            const long row = arguments.ids ? arguments.ids[place] : place;
            return bias + load((const T*)arguments.rows + row * G * H + gate * H + at.unit, at.count);
        });
    }

    // h_{t−1}, of all lanes and of some.
    const T* before(long step) const { return step == 0 ? start_.row(0, 0) : output_.row(step - 1, 0); }
    template <int N, class C>
    Registers<T, N> h_before(At<N, C> at) const {
        return at.step == 0 ? start_.get(at, at.unit, at.count) : h(at.previous());
    }
    template <int N, class C>
    Registers<T, N> h(At<N, C> at) const {
        return output_.get(at, at.unit, at.count);
    }
    template <int N, class C>
    void set_h(At<N, C> at, Registers<T, N> value) const {
        output_.set(at, at.unit, value, at.count);
    }

    // What a step keeps for the way back: S registers that lie side by side, so that they fill whole lines of the
    // cache.
    static constexpr long saved_numbers(long hidden) { return (hidden + width<T> - 1) / width<T> * S * width<T>; }
    template <int N, class C>
    Registers<T, N> recall(At<N, C> at, int slot) const {
        return saved_.get(at, at.unit * S + slot * width<T>, Full<T>{});
    }
    template <int N, class C>
    void save(At<N, C> at, int slot, Registers<T, N> value) const {
        if (saved_) saved_.set(at, at.unit * S + slot * width<T>, value, Full<T>{});
    }
    template <int N, class C>
    void set_multiplied(At<N, C> at, Registers<T, N> value) const {
        if (multiplied_) multiplied_.set(at, at.unit, value, at.count);
    }

    // ∂L/∂h_t of what was read at this step.
    template <int N, class C>
    Registers<T, N> dh_read(At<N, C> at) const {
        return doutput_ ? doutput_.get(at, at.unit, at.count) : Registers<T, N>{};
    }
    template <int N, class C>
    void set_da(At<N, C> at, int gate, Registers<T, N> value) const {
        da_.set(at, gate * H + at.unit, value, at.count);
    }
    // What a recurrent matrix multiplies, of all lanes.
    template <class Matrix>
    const T* multiplied(const Matrix& matrix, long step) const {
        return matrix.other ? multiplied_.row(step, 0) : before(step);
    }
    static constexpr long width_of_a(long hidden) { return G * hidden; }
    // The rows of all lanes, from a gate on.
    const T* da(long step, int gate) const { return da_.row(step, 0) + gate * H; }
    T xi(long step) const { return arguments.gates ? T(arguments.gates[step]) : T(1); }

    const Arguments& arguments;
    const long steps, H;

private:
    const long lanes_;
    const Rows<T> start_, output_, saved_, multiplied_, doutput_, da_;
};

// One number for each lane and unit, which a thread carries from step to step.
template <class T>
class Carried {
public:
    Carried(long lanes, long hidden) : hidden_(hidden), values_(lanes * hidden), rows_(values_.data(), 0, hidden) {}

    template <int N, class C>
    Registers<T, N> operator()(At<N, C> at) const {
        return rows_.get(at, at.unit, at.count);
    }
    template <int N, class C>
    void set(At<N, C> at, Registers<T, N> value) {
        rows_.set(at, at.unit, value, at.count);
    }
    const T* data() const { return values_.data(); }

    // From and to a (B, H) array; nothing stands for zeros.
    void read(const void* from, Lanes lanes) {
        if (from) copy((const T*)from, values_.data(), lanes);
    }
    void write(void* to, Lanes lanes) const { copy(values_.data(), (T*)to, lanes); }

private:
    void copy(const T* from, T* to, Lanes lanes) const {
        std::copy(from + lanes.first * hidden_, from + lanes.last * hidden_, to + lanes.first * hidden_);
    }
    long hidden_;
    std::vector<T> values_;
    Rows<T> rows_;  // the same place at every step
};

// f(at) for every lane and unit of a step.
template <class T, class F>
inline void for_units(long step, long hidden, Lanes lanes, F f) {
    for (long lane = lanes.first; lane < lanes.last; ++lane)
        for (long unit = 0; unit < hidden; unit += width<T>)
            with_count<T>(unit, hidden, [&](auto count) { f(At<1, decltype(count)>{step, lane, unit, count}); });
}

}  // namespace charnn

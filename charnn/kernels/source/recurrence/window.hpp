// A window as the cells' kernels see it: where the numbers of step t, lane b and unit i lie.

#pragma once

#include "../arguments.hpp"
#include "../arithmetic/product.hpp"

namespace charnn {

// One register of units of the N lanes from `lane` on, at one step; `count` says how many of its units there are.
template <int N, class Count>
struct Place {
    long step, lane, unit;
    Count count;

    Place previous() const { return {step - 1, lane, unit, count}; }
};

// f(place) for every lane and unit of a step.
template <class T, class F>
inline void for_units(long step, long hidden, Range lanes, F f) {
    for (long lane = lanes.first; lane < lanes.last; ++lane)
        for (long unit = 0; unit < hidden; unit += width<T>)
            with_count<T>(unit, hidden, [&](auto count) { f(Place<1, decltype(count)>{step, lane, unit, count}); });
}

// A dense array of T with one row for each lane and step, or for each of the last few steps (a power of two).
template <class T>
class Rows {
public:
    Rows(const void* first, long lanes, long width, long steps = 0)
        : first_((T*)first), lanes_(lanes), width_(width), mask_(steps - 1) {}

    explicit operator bool() const { return first_; }
    T* row(long step, long lane) const { return first_ + ((step & mask_) * lanes_ + lane) * width_; }

    // `count` numbers of each lane, from `column` on.
    template <int N, class C, class Count>
    Registers<T, N> get(Place<N, C> place, long column, Count count) const {
        return Registers<T, N>::each(
            [&](int lane) { return load(row(place.step, place.lane + lane) + column, count); });
    }
    template <int N, class C, class Count>
    void set(Place<N, C> place, long column, Registers<T, N> value, Count count) const {
        for (int lane = 0; lane < N; ++lane) store(row(place.step, place.lane + lane) + column, value.of[lane], count);
    }
    void clear(long step, Range lanes) const {
        std::fill(row(step, lanes.first), row(step, lanes.first) + lanes.count() * width_, T(0));
    }
    // The same of the place's own units.
    template <int N, class C>
    Registers<T, N> get(Place<N, C> place) const {
        return get(place, place.unit, place.count);
    }
    template <int N, class C>
    void set(Place<N, C> place, Registers<T, N> value) const {
        set(place, place.unit, value, place.count);
    }

private:
    T* first_;
    long lanes_, width_, mask_;
};

// One number for each lane and unit, which a thread carries from step to step.
template <class T>
class Carried {
public:
    Carried(long lanes, long hidden) : hidden_(hidden), values_(lanes * hidden), rows_(values_.data(), 0, hidden) {}

    template <int N, class C>
    Registers<T, N> get(Place<N, C> place) const {
        return rows_.get(place);
    }
    template <int N, class C>
    void set(Place<N, C> place, Registers<T, N> value) {
        rows_.set(place, value);
    }
    const T* data() const { return values_.data(); }

    // From and to a (B, H) array; null is read as zeros.
    void read(const void* from, Range lanes) {
        if (from) copy((const T*)from, values_.data(), lanes);
    }
    void write(void* to, Range lanes) const { copy(values_.data(), (T*)to, lanes); }
    // Adds the numbers of one lane; null is read as zeros.
    void add(const void* from, long lane) {
        if (!from) return;
        const T* added = (const T*)from + lane * hidden_;
        for (long unit = 0; unit < hidden_; ++unit) values_[lane * hidden_ + unit] += added[unit];
    }

private:
    void copy(const T* from, T* to, Range lanes) const {
        std::copy(from + lanes.first * hidden_, from + lanes.last * hidden_, to + lanes.first * hidden_);
    }
    long hidden_;
    std::vector<T> values_;
    Rows<T> rows_;  // the same place at every step
};

// The arrays of a window whose cell has G gates and saves S numbers for each unit.
template <class T, int G, int S>
class Window {
public:
    // da: room for ∂L/∂a of the last `da_steps` steps, a power of two, or of all steps where that is 0.
    explicit Window(const WindowArguments& a, void* da = nullptr, long da_steps = 0)
        : arguments(a),
          steps(a.steps),
          H(a.hidden),
          lanes_(a.lanes),
          start_(a.start[0], a.lanes, H),
          output_(a.output, a.lanes, H),
          saved_(a.saved, a.lanes, saved_numbers(H)),
          multiplied_(a.multiplied, a.lanes, H),
          doutput_(a.doutput, a.lanes, H),
          da_(da, a.lanes, G * H, da_steps) {}

    static constexpr long width_of_a(long hidden) { return G * hidden; }

    // Those of some lanes that a step is computed for. Rows in ascending order of their lengths end from the window's
    // first lane on, and those that have ended are left out.
    Range reading(long step, Range lanes) const {
        long ended = 0;
        while (arguments.ends && ended < lanes_ && arguments.ends[ended] <= step) ++ended;
        return {std::clamp(ended, lanes.first, lanes.last), lanes.last};
    }
    // Of lanes that are left out: zeros instead of h_t and what a matrix multiplied.
    void clear(long step, Range lanes) const {
        output_.clear(step, lanes);
        if (multiplied_) multiplied_.clear(step, lanes);
    }
    void clear_da(long step, Range lanes) const { da_.clear(step, lanes); }

    // f(lane) for each row whose state after so many steps is its last one.
    template <class F>
    void for_ended(long after, Range lanes, F f) const {
        if (!arguments.ends) return;
        for (long lane = lanes.first; lane < lanes.last; ++lane)
            if (arguments.ends[lane] == after) f(lane);
    }

    // ξ_t, and whether it is 0 for all of some lanes.
    template <int N, class C>
    Registers<T, N> xi(Place<N, C> place) const {
        return Registers<T, N>::each([&](int lane) { return Vector<T>{} + xi(place.step, place.lane + lane); });
    }
    bool is_cut(long step, Range lanes) const {
        if (!arguments.xi) return false;
        for (long lane = lanes.first; lane < (arguments.xi_lanes > 1 ? lanes.last : lanes.first + 1); ++lane)
            if (xi(step, lane) != 0) return false;
        return true;
    }

    // W_·x x_t + b_·
    template <int N, class C>
    Registers<T, N> input(Place<N, C> place, int gate) const {
        const Vector<T> bias =
            arguments.bias ? load((const T*)arguments.bias + gate * H + place.unit, place.count) : Vector<T>{};
        return Registers<T, N>::each([&](int lane) {
            const long number = place.step * lanes_ + place.lane + lane;
            const long row = arguments.ids ? arguments.ids[number] : number;
            return bias + load((const T*)arguments.rows + row * G * H + gate * H + place.unit, place.count);
        });
    }

    // h_t, and h_{t−1} of all lanes and of some.
    template <int N, class C>
    Registers<T, N> h(Place<N, C> place) const {
        return output_.get(place);
    }
    template <int N, class C>
    void set_h(Place<N, C> place, Registers<T, N> value) const {
        output_.set(place, value);
    }
    const T* h_before(long step) const { return step == 0 ? start_.row(0, 0) : output_.row(step - 1, 0); }
    template <int N, class C>
    Registers<T, N> h_before(Place<N, C> place) const {
        return place.step == 0 ? start_.get(place) : h(place.previous());
    }

    // What a step saves for the backward pass: S registers side by side, so that they fill whole lines of the cache.
    static constexpr long saved_numbers(long hidden) { return (hidden + width<T> - 1) / width<T> * S * width<T>; }
    template <int N, class C>
    Registers<T, N> saved(Place<N, C> place, int slot) const {
        return saved_.get(place, place.unit * S + slot * width<T>, Full<T>{});
    }
    template <int N, class C>
    void save(Place<N, C> place, int slot, Registers<T, N> value) const {
        if (saved_) saved_.set(place, place.unit * S + slot * width<T>, value, Full<T>{});
    }

    // What a recurrent matrix multiplies instead of h_{t−1}, of all lanes and of some.
    const T* multiplied(long step) const { return multiplied_.row(step, 0); }
    template <int N, class C>
    void save_multiplied(Place<N, C> place, Registers<T, N> value) const {
        if (multiplied_) multiplied_.set(place, value);
    }

    // ∂L/∂h_t of the losses that read h_t.
    template <int N, class C>
    Registers<T, N> dh_read(Place<N, C> place) const {
        return doutput_ ? doutput_.get(place) : Registers<T, N>{};
    }

    // ∂L/∂a_t: the rows of all lanes from a gate on, and a gate of some.
    const T* da(long step, int gate) const { return da_.row(step, 0) + gate * H; }
    template <int N, class C>
    void set_da(Place<N, C> place, int gate, Registers<T, N> value) const {
        da_.set(place, gate * H + place.unit, value, place.count);
    }

    const WindowArguments& arguments;
    const long steps, H;

private:
    T xi(long step, long lane) const {
        if (!arguments.xi) return T(1);
        return T(arguments.xi[arguments.xi_lanes > 1 ? step * lanes_ + lane : step]);
    }

    const long lanes_;
    const Rows<T> start_, output_, saved_, multiplied_, doutput_, da_;
};

}  // namespace charnn

// The gate arithmetic of every cell, forwards and backwards, on one register of units of one lane.
//
// A kernel has step(t, lanes); `Forward` and `Backward` hold what all of them share. The equations are those of
// charnn/cells; σ' = σ (1 − σ) and tanh' = 1 − tanh². Backwards, each step leaves ∂L/∂a in `da` and what reaches
// h_{t−1} past the product in `dh`, to which the product is added.

#pragma once

#include "weights.hpp"
#include "window.hpp"

namespace charnn {

template <class F, int G, int S>
struct Forward : Window<Number<F>, G, S> {
    using T = Number<F>;

    explicit Forward(const Arguments& a) : Window<T, G, S>(a), workspace(a.lanes, a.hidden) {}

    Packed<F> columns(int first, int count) const {
        return Packed<F>::columns((const T*)this->arguments.weights + first * this->H, G * this->H, this->H, this->H,
                                  count);
    }
    // finish(at, sums) with the sums m W of `gates` gates, m the rows of all lanes.
    template <int gates, class Finish>
    void multiply(const T* m, const Packed<F>& W, long t, Lanes lanes, Finish finish) {
        product<gates>(m, this->H, W, lanes, workspace,
                       [&]<int N>(long lane, long unit, auto count, Registers<T, N>(&sums)[gates]) {
                           finish(At<N, decltype(count)>{t, lane, unit, count}, sums);
                       });
    }
    void begin(Lanes) {}
    void end(Lanes lanes) {
        const T* h = this->before(this->steps);
        std::copy(h + lanes.first * this->H, h + lanes.last * this->H,
                  (T*)this->arguments.last[0] + lanes.first * this->H);
    }

    Workspace<F> workspace;
};

template <class Factor, int G, int S>
struct Backward : Window<Number<Factor>, G, S> {
    using F = Factor;
    using T = Number<F>;
    static constexpr Matrix matrices[] = {{0, G, false}};

    explicit Backward(const Arguments& a)
        : Window<T, G, S>(a), dh(a.lanes, a.hidden), workspace(a.lanes, G * a.hidden) {}

    Packed<F> transposed(int first, int count) const {
        return Packed<F>::transposed((const T*)this->arguments.weights + first * this->H, G * this->H, count * this->H,
                                     this->H);
    }
    // finish(at, sum) with Σ over the gates from `gate` on of ∂L/∂a_t Wᵀ.
    template <class Finish>
    void multiply(int gate, const Packed<F>& W, long t, Lanes lanes, Finish finish) {
        product<1>(this->da(t, gate), G * this->H, W, lanes, workspace,
                   [&]<int N>(long lane, long unit, auto count, Registers<T, N>(&sums)[1]) {
                       finish(At<N, decltype(count)>{t, lane, unit, count}, sums[0]);
                   });
    }
    // dh ← ξ_t (dh + ∂L/∂a_t W_hᵀ), over the gates that W holds; where ξ_t is 0 nothing has to be multiplied.
    void flow_back(const Packed<F>& W, long t, Lanes lanes) {
        const T xi = this->xi(t);
        if (xi == 0)
            for_units<T>(t, this->H, lanes, [&](auto at) { dh.set(at, Registers<T, 1>{}); });
        else
            multiply(0, W, t, lanes, [&](auto at, auto sum) { dh.set(at, xi * (dh(at) + sum)); });
    }
    void begin(Lanes lanes) { dh.read(this->arguments.dlast[0], lanes); }
    void end(Lanes lanes) { dh.write(this->arguments.dstart[0], lanes); }

    Carried<T> dh;
    Workspace<F> workspace;
};

// h_t = W_hx x_t + W_hh h_{t−1}
template <class F>
struct LinearForward : Forward<F, 1, 0> {
    explicit LinearForward(const Arguments& a) : Forward<F, 1, 0>(a), W(this->columns(0, 1)) {}

    void step(long t, Lanes lanes) {
        this->template multiply<1>(this->before(t), W, t, lanes,
                                   [&](auto at, auto& sums) { this->set_h(at, this->input(at, 0) + sums[0]); });
    }
    Packed<F> W;
};

template <class F>
struct LinearBackward : Backward<F, 1, 0> {
    using T = Number<F>;

    explicit LinearBackward(const Arguments& a) : Backward<F, 1, 0>(a), W(this->transposed(0, 1)) {}

    void step(long t, Lanes lanes) {
        for_units<T>(t, this->H, lanes, [&](auto at) {
            this->set_da(at, 0, this->dh(at) + this->dh_read(at));
            this->dh.set(at, Registers<T, 1>{});
        });
        this->flow_back(W, t, lanes);
    }
    Packed<F> W;
};

// h_t = tanh(W_hh h_{t−1} + W_hx x_t + b_h)
template <class F>
struct RNNForward : Forward<F, 1, 0> {
    explicit RNNForward(const Arguments& a) : Forward<F, 1, 0>(a), W(this->columns(0, 1)) {}

    void step(long t, Lanes lanes) {
        this->template multiply<1>(this->before(t), W, t, lanes, [&](auto at, auto& sums) {
            this->set_h(at, hyperbolic_tangent(this->input(at, 0) + sums[0]));
        });
    }
    Packed<F> W;
};

template <class F>
struct RNNBackward : Backward<F, 1, 0> {
    using T = Number<F>;

    explicit RNNBackward(const Arguments& a) : Backward<F, 1, 0>(a), W(this->transposed(0, 1)) {}

    void step(long t, Lanes lanes) {
        for_units<T>(t, this->H, lanes, [&](auto at) {
            const auto h = this->h(at);
            this->set_da(at, 0, (this->dh(at) + this->dh_read(at)) * (1 - h * h));
            this->dh.set(at, Registers<T, 1>{});
        });
        this->flow_back(W, t, lanes);
    }
    Packed<F> W;
};

// h̃_t = tanh(W_hh h_{t−1} + W_hx x_t + b_h)
// u_t = σ(W_uh h_{t−1} + W_ux x_t + b_u)
// h_t = u_t ⊙ h̃_t + (1 − u_t) ⊙ h_{t−1}
struct SimpleGRU {
    enum Gates { u_, h_, gates };
    enum Saved { u, candidate, saved };
};

template <class F>
struct SimpleGRUForward : Forward<F, SimpleGRU::gates, SimpleGRU::saved>, SimpleGRU {
    explicit SimpleGRUForward(const Arguments& a)
        : Forward<F, SimpleGRU::gates, SimpleGRU::saved>(a), W(this->columns(u_, 2)) {}

    void step(long t, Lanes lanes) {
        this->template multiply<2>(this->before(t), W, t, lanes, [&](auto at, auto& sums) {
            const auto u_t = sigmoid(this->input(at, u_) + sums[u_]);
            const auto candidate_t = hyperbolic_tangent(this->input(at, h_) + sums[h_]);
            const auto before = this->h_before(at);
            this->set_h(at, u_t * candidate_t + (1 - u_t) * before);
            this->save(at, u, u_t);
            this->save(at, candidate, candidate_t);
        });
    }
    Packed<F> W;
};

template <class F>
struct SimpleGRUBackward : Backward<F, SimpleGRU::gates, SimpleGRU::saved>, SimpleGRU {
    using T = Number<F>;

    explicit SimpleGRUBackward(const Arguments& a)
        : Backward<F, SimpleGRU::gates, SimpleGRU::saved>(a), W(this->transposed(u_, 2)) {}

    void step(long t, Lanes lanes) {
        for_units<T>(t, this->H, lanes, [&](auto at) {
            const auto u_t = this->recall(at, u), candidate_t = this->recall(at, candidate);
            const auto dh = this->dh(at) + this->dh_read(at);
            this->set_da(at, u_, dh * (candidate_t - this->h_before(at)) * u_t * (1 - u_t));
            this->set_da(at, h_, dh * u_t * (1 - candidate_t * candidate_t));
            this->dh.set(at, dh * (1 - u_t));
        });
        this->flow_back(W, t, lanes);
    }
    Packed<F> W;
};

// r_t = σ(W_rh h_{t−1} + W_rx x_t + b_r), u_t likewise
// h̃_t = tanh(W_hh (r_t ⊙ h_{t−1}) + W_hx x_t + b_h)
// h_t = u_t ⊙ h̃_t + (1 − u_t) ⊙ h_{t−1}
struct GRU {
    enum Gates { u_, r_, h_, gates };
    enum Saved { u, r, candidate, saved };
};

template <class F>
struct GRUForward : Forward<F, GRU::gates, GRU::saved>, GRU {
    using T = Number<F>;

    explicit GRUForward(const Arguments& a)
        : Forward<F, GRU::gates, GRU::saved>(a),
          W_ur(this->columns(u_, 2)),
          W_hh(this->columns(h_, 1)),
          opened(a.lanes, a.hidden),
          reset(a.lanes, a.hidden) {}

    void step(long t, Lanes lanes) {
        this->template multiply<2>(this->before(t), W_ur, t, lanes, [&](auto at, auto& sums) {
            const auto u_t = sigmoid(this->input(at, u_) + sums[u_]);
            const auto r_t = sigmoid(this->input(at, r_) + sums[r_]);
            const auto reset_t = r_t * this->h_before(at);
            opened.set(at, u_t);
            reset.set(at, reset_t);
            this->save(at, u, u_t);
            this->save(at, r, r_t);
            this->set_multiplied(at, reset_t);
        });
        this->template multiply<1>(reset.data(), W_hh, t, lanes, [&](auto at, auto& sums) {
            const auto u_t = opened(at);
            const auto candidate_t = hyperbolic_tangent(this->input(at, h_) + sums[0]);
            this->set_h(at, u_t * candidate_t + (1 - u_t) * this->h_before(at));
            this->save(at, candidate, candidate_t);
        });
    }
    Packed<F> W_ur, W_hh;
    Carried<T> opened, reset;
};

template <class F>
struct GRUBackward : Backward<F, GRU::gates, GRU::saved>, GRU {
    using T = Number<F>;

    static constexpr Matrix matrices[] = {{u_, 2, false}, {h_, 1, true}};

    explicit GRUBackward(const Arguments& a)
        : Backward<F, GRU::gates, GRU::saved>(a), W_ur(this->transposed(u_, 2)), W_hh(this->transposed(h_, 1)) {}

    void step(long t, Lanes lanes) {
        for_units<T>(t, this->H, lanes, [&](auto at) {
            const auto u_t = this->recall(at, u), candidate_t = this->recall(at, candidate);
            const auto dh = this->dh(at) + this->dh_read(at);
            this->set_da(at, u_, dh * (candidate_t - this->h_before(at)) * u_t * (1 - u_t));
            this->set_da(at, h_, dh * u_t * (1 - candidate_t * candidate_t));
            this->dh.set(at, dh * (1 - u_t));
        });
        this->multiply(h_, W_hh, t, lanes, [&](auto at, auto dreset_h) {
            const auto r_t = this->recall(at, r);
            this->set_da(at, r_, dreset_h * this->h_before(at) * r_t * (1 - r_t));
            this->dh.set(at, this->dh(at) + dreset_h * r_t);
        });
        this->flow_back(W_ur, t, lanes);
    }
    Packed<F> W_ur, W_hh;
};

// c̃_t = tanh(W_ch h_{t−1} + W_cx x_t + b_c)
// u_t, f_t, o_t = σ(W_·h h_{t−1} + W_·x x_t + b_·)
// c_t = u_t ⊙ c̃_t + f_t ⊙ c_{t−1}
// h_t = o_t ⊙ tanh(c_t)
struct LSTM {
    enum Gates { u_, f_, o_, c_, gates };
    enum Saved { u, f, o, candidate, c, tanh_c, saved };
};

template <class F>
struct LSTMForward : Forward<F, LSTM::gates, LSTM::saved>, LSTM {
    using T = Number<F>;
    using Base = Forward<F, LSTM::gates, LSTM::saved>;

    explicit LSTMForward(const Arguments& a) : Base(a), W(this->columns(u_, 4)), memory(a.lanes, a.hidden) {}

    void begin(Lanes lanes) { memory.read(this->arguments.start[1], lanes); }
    void step(long t, Lanes lanes) {
        this->template multiply<4>(this->before(t), W, t, lanes, [&](auto at, auto& sums) {
            const auto u_t = sigmoid(this->input(at, u_) + sums[u_]);
            const auto f_t = sigmoid(this->input(at, f_) + sums[f_]);
            const auto o_t = sigmoid(this->input(at, o_) + sums[o_]);
            const auto candidate_t = hyperbolic_tangent(this->input(at, c_) + sums[c_]);
            const auto c_t = u_t * candidate_t + f_t * memory(at);
            const auto tanh_c_t = hyperbolic_tangent(c_t);
            this->set_h(at, o_t * tanh_c_t);
            memory.set(at, c_t);
            this->save(at, u, u_t);
            this->save(at, f, f_t);
            this->save(at, o, o_t);
            this->save(at, candidate, candidate_t);
            this->save(at, c, c_t);
            this->save(at, tanh_c, tanh_c_t);
        });
    }
    void end(Lanes lanes) {
        Base::end(lanes);
        memory.write(this->arguments.last[1], lanes);
    }
    Packed<F> W;
    Carried<T> memory;
};

template <class F>
struct LSTMBackward : Backward<F, LSTM::gates, LSTM::saved>, LSTM {
    using T = Number<F>;
    using Base = Backward<F, LSTM::gates, LSTM::saved>;

    explicit LSTMBackward(const Arguments& a)
        : Base(a), W(this->transposed(u_, 4)), dc(a.lanes, a.hidden), c_start(a.start[1], a.lanes, a.hidden) {}

    void begin(Lanes lanes) {
        Base::begin(lanes);
        dc.read(this->arguments.dlast[1], lanes);
    }
    void step(long t, Lanes lanes) {
        const T xi = this->xi(t);
        for_units<T>(t, this->H, lanes, [&](auto at) {
            const auto u_t = this->recall(at, u), f_t = this->recall(at, f), o_t = this->recall(at, o);
            const auto candidate_t = this->recall(at, candidate), tanh_c_t = this->recall(at, tanh_c);
            const auto dh = this->dh(at) + this->dh_read(at);
            const auto dc_t = dc(at) + dh * o_t * (1 - tanh_c_t * tanh_c_t);
            this->set_da(at, u_, dc_t * candidate_t * u_t * (1 - u_t));
            this->set_da(at, f_, dc_t * c_before(at) * f_t * (1 - f_t));
            this->set_da(at, o_, dh * tanh_c_t * o_t * (1 - o_t));
            this->set_da(at, c_, dc_t * u_t * (1 - candidate_t * candidate_t));
            dc.set(at, xi * dc_t * f_t);
            this->dh.set(at, Registers<T, 1>{});
        });
        this->flow_back(W, t, lanes);
    }
    void end(Lanes lanes) {
        Base::end(lanes);
        dc.write(this->arguments.dstart[1], lanes);
    }
    template <int N, class C>
    Registers<T, N> c_before(At<N, C> at) const {
        return at.step == 0 ? c_start.get(at, at.unit, at.count) : this->recall(at.previous(), c);
    }
    Packed<F> W;
    Carried<T> dc;
    Rows<T> c_start;
};

}  // namespace charnn

// The equations of every cell, in the forward and the backward pass: those of charnn/cells. cell.hpp calls them.
//
//     a(g_) = W_gh h_{t−1} + W_gx x_t + b_g      σ' = σ (1 − σ)      tanh' = 1 − tanh²

#pragma once

#include <tuple>

#include "cell.hpp"

namespace charnn {

// h_t = W_hx x_t + W_hh h_{t−1}
struct Linear {
    static constexpr const char* name = "linear";
    enum Gate { h_, gates };
    enum Saved { saved };
    static constexpr Matrix matrices[] = {{h_, 1}};
    static constexpr int parts = 1;

    static void forward(auto at, auto a) { at.set_h(a(h_)); }
    static void backward(auto at) {
        at.set_da(h_, at.dh());
        at.set_dh_before(at.nothing());
    }
};

// h_t = tanh(W_hh h_{t−1} + W_hx x_t + b_h)
struct RNN {
    static constexpr const char* name = "rnn";
    enum Gate { h_, gates };
    enum Saved { saved };
    static constexpr Matrix matrices[] = {{h_, 1}};
    static constexpr int parts = 1;

    static void forward(auto at, auto a) { at.set_h(hyperbolic_tangent(a(h_))); }
    static void backward(auto at) {
        const auto h_t = at.h();
        at.set_da(h_, at.dh() * (1 - h_t * h_t));
        at.set_dh_before(at.nothing());
    }
};

// h̃_t = tanh(W_hh h_{t−1} + W_hx x_t + b_h)
// u_t = σ(W_uh h_{t−1} + W_ux x_t + b_u)
// h_t = u_t ⊙ h̃_t + (1 − u_t) ⊙ h_{t−1}
struct SimpleGRU {
    static constexpr const char* name = "simple-gru";
    enum Gate { u_, h_, gates };
    enum Saved { u, candidate, saved };
    static constexpr Matrix matrices[] = {{u_, 2}};
    static constexpr int parts = 1;

    static void forward(auto at, auto a) {
        const auto u_t = sigmoid(a(u_));
        const auto candidate_t = hyperbolic_tangent(a(h_));
        at.set_h(u_t * candidate_t + (1 - u_t) * at.h_before());
        at.save(u, u_t);
        at.save(candidate, candidate_t);
    }
    static void backward(auto at) {
        const auto u_t = at.saved(u), candidate_t = at.saved(candidate);
        const auto dh = at.dh();
        at.set_da(u_, dh * (candidate_t - at.h_before()) * u_t * (1 - u_t));
        at.set_da(h_, dh * u_t * (1 - candidate_t * candidate_t));
        at.set_dh_before(dh * (1 - u_t));
    }
};

// r_t = σ(W_rh h_{t−1} + W_rx x_t + b_r)
// u_t = σ(W_uh h_{t−1} + W_ux x_t + b_u)
// h̃_t = tanh(W_hh (r_t ⊙ h_{t−1}) + W_hx x_t + b_h)
// h_t = u_t ⊙ h̃_t + (1 − u_t) ⊙ h_{t−1}
struct GRU {
    static constexpr const char* name = "gru";
    enum Gate { u_, r_, h_, gates };
    enum Saved { u, r, candidate, saved };
    static constexpr Matrix matrices[] = {{u_, 2}, {h_, 1, Multiplies::computed}};
    static constexpr int parts = 1;

    static void between(auto at, auto a) {
        const auto u_t = sigmoid(a(u_));
        const auto r_t = sigmoid(a(r_));
        at.set_multiplied(r_t * at.h_before());
        at.keep(u_t);
        at.save(u, u_t);
        at.save(r, r_t);
    }
    static void forward(auto at, auto a) {
        const auto u_t = at.kept();
        const auto candidate_t = hyperbolic_tangent(a(h_));
        at.set_h(u_t * candidate_t + (1 - u_t) * at.h_before());
        at.save(candidate, candidate_t);
    }
    static void backward(auto at) {
        const auto u_t = at.saved(u), candidate_t = at.saved(candidate);
        const auto dh = at.dh();
        at.set_da(u_, dh * (candidate_t - at.h_before()) * u_t * (1 - u_t));
        at.set_da(h_, dh * u_t * (1 - candidate_t * candidate_t));
        at.set_dh_before(dh * (1 - u_t));
    }
    // dreset_h: ∂L/∂(r_t ⊙ h_{t−1})
    static void between_backward(auto at, auto dreset_h) {
        const auto r_t = at.saved(r);
        at.set_da(r_, dreset_h * at.h_before() * r_t * (1 - r_t));
        at.add_to_dh_before(dreset_h * r_t);
    }
};

// c̃_t = tanh(W_ch h_{t−1} + W_cx x_t + b_c)
// u_t, f_t, o_t = σ(W_·h h_{t−1} + W_·x x_t + b_·)
// c_t = u_t ⊙ c̃_t + f_t ⊙ c_{t−1}
// h_t = o_t ⊙ tanh(c_t)
struct LSTM {
    static constexpr const char* name = "lstm";
    enum Gate { u_, f_, o_, c_, gates };
    enum Saved { u, f, o, candidate, c, tanh_c, saved };
    static constexpr Matrix matrices[] = {{u_, 4}};
    static constexpr int parts = 2;

    static void forward(auto at, auto a) {
        const auto u_t = sigmoid(a(u_));
        const auto f_t = sigmoid(a(f_));
        const auto o_t = sigmoid(a(o_));
        const auto candidate_t = hyperbolic_tangent(a(c_));
        const auto c_t = u_t * candidate_t + f_t * at.memory();
        const auto tanh_c_t = hyperbolic_tangent(c_t);
        at.set_h(o_t * tanh_c_t);
        at.set_memory(c_t);
        at.save(u, u_t);
        at.save(f, f_t);
        at.save(o, o_t);
        at.save(candidate, candidate_t);
        at.save(c, c_t);
        at.save(tanh_c, tanh_c_t);
    }
    static void backward(auto at) {
        const auto u_t = at.saved(u), f_t = at.saved(f), o_t = at.saved(o);
        const auto candidate_t = at.saved(candidate), tanh_c_t = at.saved(tanh_c);
        const auto dh = at.dh();
        const auto dc = at.dmemory() + dh * o_t * (1 - tanh_c_t * tanh_c_t);
        at.set_da(u_, dc * candidate_t * u_t * (1 - u_t));
        at.set_da(f_, dc * at.memory_before(c) * f_t * (1 - f_t));
        at.set_da(o_, dh * tanh_c_t * o_t * (1 - o_t));
        at.set_da(c_, dc * u_t * (1 - candidate_t * candidate_t));
        at.set_dmemory(at.xi() * dc * f_t);
        at.set_dh_before(at.nothing());
    }
};

using Cells = std::tuple<Linear, RNN, SimpleGRU, GRU, LSTM>;

}  // namespace charnn

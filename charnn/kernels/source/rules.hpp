// The rules by which optimisers change weights, each in one pass over a parameter. g is the gradient, η the rate.
//
// They are those of torch.optim, with its names for what is remembered between two updates; charnn/training/optimizers
// has the equations and their sources.

#pragma once

#include <cmath>

#include "arguments.hpp"

namespace charnn {

// What a rule reads and writes of one parameter.
template <class T>
struct Parameter {
    Parameter(const RuleArguments& a, long number)
        : w((T*)a.weights[number]),
          g((const T*)a.gradients[number]),
          m((T*)a.first[number]),
          v((T*)a.second[number]),
          length(a.lengths[number]) {}

    // f(i) for the number of each of its numbers, which are independent of each other.
    template <class F>
    void each(F f) const {
#pragma GCC ivdep
        for (long i = 0; i < length; ++i) f(i);
    }

    T* w;
    const T* g;
    T *m, *v;  // null where the rule has no such memory
    long length;
};

// v ← μ v + g + λ w,  w ← w − η v
template <class T>
void sgd(const RuleArguments& a, Parameter<T> p, double decayed, double) {
    const T rate = T(a.rate), decay = T(decayed), momentum = T(a.momentum);
    if (p.m)
        p.each([=](long i) { p.w[i] -= rate * (p.m[i] = momentum * p.m[i] + (p.g[i] + decay * p.w[i])); });
    else
        p.each([=](long i) { p.w[i] -= rate * (p.g[i] + decay * p.w[i]); });
}

// m ← m + g²,  w ← w − η g / (√m + ε)
template <class T>
void adagrad(const RuleArguments& a, Parameter<T> p, double, double) {
    const T rate = T(a.rate), epsilon = T(a.epsilon);
    p.each([=](long i) {
        p.m[i] += p.g[i] * p.g[i];
        p.w[i] -= rate * p.g[i] / (std::sqrt(p.m[i]) + epsilon);
    });
}

// m ← α m + (1 − α) g²,  v ← μ v + g / (√m + ε),  w ← w − η v
template <class T>
void rmsprop(const RuleArguments& a, Parameter<T> p, double, double) {
    const T rate = T(a.rate), epsilon = T(a.epsilon), momentum = T(a.momentum);
    const T fade = T(a.fade[0]), fresh = T(1 - a.fade[0]);
    const auto step = [=](long i) {
        p.m[i] = fade * p.m[i] + fresh * p.g[i] * p.g[i];
        return p.g[i] / (std::sqrt(p.m[i]) + epsilon);
    };
    if (p.v)
        p.each([=](long i) { p.w[i] -= rate * (p.v[i] = momentum * p.v[i] + step(i)); });
    else
        p.each([=](long i) { p.w[i] -= rate * step(i); });
}

// w ← (1 − η λ) w,  m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²
// w ← w − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
template <class T>
void adam(const RuleArguments& a, Parameter<T> p, double decayed, double step) {
    const T rate = T(a.rate / (1 - std::pow(a.fade[0], step))), epsilon = T(a.epsilon);
    const T root = T(std::sqrt(1 - std::pow(a.fade[1], step))), kept = T(1 - a.rate * decayed);
    const T fade = T(a.fade[0]), fresh = T(1 - a.fade[0]);
    const T fade_of_squares = T(a.fade[1]), fresh_of_squares = T(1 - a.fade[1]);
    p.each([=](long i) {
        p.m[i] = fade * p.m[i] + fresh * p.g[i];
        p.v[i] = fade_of_squares * p.v[i] + fresh_of_squares * p.g[i] * p.g[i];
        p.w[i] = kept * p.w[i] - rate * p.m[i] / (std::sqrt(p.v[i]) / root + epsilon);
    });
}

// By the numbers that charnn/kernels/rules.py gives them.
template <class T>
constexpr void (*rules[])(const RuleArguments&, Parameter<T>, double decay, double step) = {sgd<T>, adagrad<T>,
                                                                                            rmsprop<T>, adam<T>};

template <class T>
void descend(const RuleArguments& a) {
    for (long number = 0; number < a.count; ++number) {
        float* steps = a.steps[number];
        rules<T>[a.rule](a, {a, number}, a.decay[number], steps ? * steps += 1 : 0);
    }
}

}  // namespace charnn

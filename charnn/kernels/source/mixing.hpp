// The probabilities of a network, mixed with those of Markov models.
//
//     p_k(w|h) = α(h w) + γ(h) p_{k−1}(w|h')          below the shortest context stands the model before, or 1/V
//     p(w) = λ_1 p_network(w) + Σ_j λ_j p_j(w)        λ by the kind of context
//
// A kind is how sure the network is, and how long a context the last of several models has. The rules are those of
// charnn/ngrams/stored.py and charnn/mixture/stored.py, which explain them.

#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "arguments.hpp"

namespace charnn {

// Whether a logit is not a finite number, and the greatest of those that are. Without an early end, so that many are
// compared at once: x − x is 0 where x is finite, and nothing is then.
template <class T>
struct Greatest {
    Greatest(const T* logits, int64_t symbols) : value(logits[0]) {
        T differences = 0;
        for (int64_t i = 0; i < symbols; ++i) {
            value = std::max(value, logits[i]);
            differences += logits[i] - logits[i];
        }
        finite = differences == 0;
    }
    T value;
    bool finite;
};

// Mixes for one lane after another, in room of its own.
class Mixing {
public:
    Mixing(const MixtureArguments& a, int64_t symbols) : a_(a), p_(symbols), counted_(symbols), mixed_(symbols) {}

    // Puts logarithms of what is mixed in the place of a lane's logits, where those are finite.
    template <class T>
    void operator()(long lane, T* logits) {
        const int64_t symbols = p_.size();
        const Greatest<T> greatest(logits, symbols);
        if (!greatest.finite) return;
        double sum = 0;
        // All digits of what is improbable too: a temperature above 1 makes it probable.
        for (int64_t i = 0; i < symbols; ++i) sum += p_[i] = std::exp(double(logits[i]) - double(greatest.value));
        const double* weights = a_.weights + kind(lane, 1 / sum) * (a_.models + 1);
        for (int64_t i = 0; i < symbols; ++i) mixed_[i] = weights[0] * (p_[i] / sum);
        std::fill(counted_.begin(), counted_.end(), 1.0 / double(symbols));
        for (int64_t j = 0; j < a_.models; ++j) {
            count(a_.model[j], lane);
            for (int64_t i = 0; i < symbols; ++i) mixed_[i] += weights[j + 1] * counted_[i];
        }
        for (int64_t i = 0; i < symbols; ++i) logits[i] = T(std::log(std::max(mixed_[i], 1e-300)));
    }

    // Goes on behind a symbol.
    void advance(long lane, int64_t symbol) {
        for (int64_t j = 0; j < a_.models; ++j) {
            const MarkovArguments& model = a_.model[j];
            int64_t* nodes = model.nodes + lane * model.order;
            int64_t parent = nodes[0];
            for (int64_t length = 1; length < model.order; ++length) {
                const int64_t child = parent < 0 ? -1 : find(model.level[length - 1], parent, symbol);
                parent = nodes[length];
                nodes[length] = child;
            }
        }
    }

private:
    static int64_t find(const MarkovLevelArguments& level, int64_t context, int64_t symbol) {
        const int64_t *begin = level.last + level.begins[context], *end = level.last + level.begins[context + 1];
        const int64_t* place = std::lower_bound(begin, end, symbol);
        return place == end || *place != symbol ? -1 : place - level.last;
    }

    // Calls use(its length, its node) for every context that something follows in the model, the shortest one first.
    template <class Use>
    static void contexts(const MarkovArguments& model, long lane, Use use) {
        const int64_t* nodes = model.nodes + lane * model.order;
        for (int64_t length = 0; length < model.order; ++length) {
            const int64_t node = nodes[length];
            if (node < 0 || model.level[length].begins[node] == model.level[length].begins[node + 1]) return;
            if (length >= model.shortest) use(length, node);
        }
    }

    // What the model says, over what the one before it said.
    void count(const MarkovArguments& model, long lane) {
        contexts(model, lane, [&](int64_t length, int64_t node) {
            const MarkovLevelArguments& level = model.level[length];
            for (double& p : counted_) p *= level.gamma[node];
            for (int64_t i = level.begins[node]; i < level.begins[node + 1]; ++i)
                counted_[level.last[i]] += level.alpha[i];
        });
    }

    int64_t kind(long lane, double greatest_p) const {
        int64_t longest = 0;
        if (a_.models > 1) contexts(a_.model[a_.models - 1], lane, [&](int64_t length, int64_t) { longest = length; });
        return longest * (a_.bounds + 1) + (std::upper_bound(a_.sure, a_.sure + a_.bounds, greatest_p) - a_.sure);
    }

    const MixtureArguments& a_;
    std::vector<double> p_, counted_, mixed_;
};

}  // namespace charnn

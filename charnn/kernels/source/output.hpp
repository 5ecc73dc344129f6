// The output layer and its loss, for all rows (steps and lanes) of a window at once.
//
//     o = h W_q + b_q,     l = log Σ_v e^{o_v} − o_y,     ∂l/∂o = softmax(o) − 1_y
//
// Rows may have weights, with which l and ∂l/∂o are multiplied.

#pragma once

#include <cmath>
#include <limits>

#include "arguments.hpp"
#include "arithmetic/weights.hpp"
#include "threads.hpp"

namespace charnn {

// Turns logits into ∂l/∂o in place, and returns l.
template <class T>
inline double cross_entropy(T* o, long symbols, long target) {
    const T largest = *std::max_element(o, o + symbols);
    const double logit = double(o[target]) - double(largest);
    Vector<T> sums{};
    for (long v = 0; v < symbols; v += width<T>)
        with_count<T>(v, symbols, [&](auto count) {
            store(o + v, exponential_minus_one<T>(load(o + v, count) - largest) + T(1), count);
            sums += load(o + v, count);
        });
    double sum = 0;
    for (long i = 0; i < width<T>; ++i) sum += double(sums[i]);
    const T scale = T(1 / sum);
    for (long v = 0; v < symbols; v += width<T>)
        with_count<T>(v, symbols, [&](auto count) { store(o + v, load(o + v, count) * scale, count); });
    o[target] -= T(1);
    return std::log(sum) - logit;
}

template <class F>
class Output {
public:
    using T = Number<F>;

    explicit Output(const OutputArguments& a) : a_(a), H_(a.hidden), V_(a.symbols) {}

    // Σ l
    double forward(Threads threads) const {
        const auto W = Packed<F>::columns((const T*)a_.weights, V_, H_, V_, 1, threads);
        std::vector<double> losses(a_.rows);
        const std::vector<Range> parts = divided(a_.rows, threads.count);
        share(parts.size(), threads, [&](long part) INLINE_ALL {
            const Range rows = parts[part];
            Workspace<F> workspace(most(rows), H_);
            for_blocks(rows, [&](Range block) {
                product<1>(h(block.first), H_, W, Range{0, block.count()}, workspace,
                           [&]<int N>(long row, long v, auto count, Registers<T, N>(&sums)[1]) {
                               const Vector<T> bias = load((const T*)a_.bias + v, count);
                               for (int i = 0; i < N; ++i)
                                   store(dlogits(block.first + row + i) + v, sums[0].of[i] + bias, count);
                           });
                for (long row = block.first; row < block.last; ++row) {
                    losses[row] = cross_entropy(dlogits(row), V_, a_.targets[row]);
                    if (a_.row_weights) weigh(((const T*)a_.row_weights)[row], losses[row], dlogits(row));
                }
            });
        });
        // In one order, whatever the threads.
        double sum = 0;
        for (double loss : losses) sum += loss;
        return sum;
    }

    void backward(Threads threads) const {
        const auto W = Packed<F>::transposed((const T*)a_.weights, V_, V_, H_, threads);
        const std::vector<Range> parts = divided(a_.rows, threads.count);
        std::vector<WeightGradient<F>> dW(parts.size());
        std::vector<std::vector<T>> db(parts.size(), std::vector<T>(V_));
        share(parts.size(), threads, [&](long part) INLINE_ALL {
            const Range rows = parts[part];
            dW[part] = {H_, V_, most(rows)};
            Workspace<F> workspace(most(rows), V_);
            std::vector<T> scaled(most(rows) * V_);
            for_blocks(rows, [&](Range block) {
                const long count = block.count();
                const T* from = dlogits(block.first);
                for (long i = 0; i < count * V_; ++i) scaled[i] = from[i] * T(a_.gradient);
                for (long row = 0; row < count; ++row)
                    for (long v = 0; v < V_; ++v) db[part][v] += scaled[row * V_ + v];
                product<1>(scaled.data(), V_, W, Range{0, count}, workspace,
                           [&]<int N>(long row, long unit, auto units, Registers<T, N>(&sums)[1]) {
                               for (int i = 0; i < N; ++i)
                                   store((T*)a_.dh + (block.first + row + i) * H_ + unit, sums[0].of[i], units);
                           });
                dW[part].add(
                    count, [&](long k) { return h(block.first + k); }, [&](long k) { return &scaled[k * V_]; });
            });
        });
        write_sum(dW, (T*)a_.dweights, V_, threads);
        for (size_t part = 0; part < parts.size(); ++part)
            for (long v = 0; v < V_; ++v) ((T*)a_.dbias)[v] = (part ? ((T*)a_.dbias)[v] : T(0)) + db[part][v];
    }

private:
    // Rows of the largest block.
    static long most(Range rows) { return std::min(gathered_rows, rows.count()); }
    // w l and its gradient.
    void weigh(T weight, double& loss, T* dlogits) const {
        loss *= double(weight);
        for (long v = 0; v < V_; ++v) dlogits[v] *= weight;
    }
    const T* h(long row) const { return (const T*)a_.h + row * H_; }
    T* dlogits(long row) const { return (T*)a_.dlogits + row * V_; }

    const OutputArguments& a_;
    const long H_, V_;
};

template <class F>
void run_output_forward(const OutputArguments& a, Threads threads) {
    *a.loss = Output<F>(a).forward(threads);
}

template <class F>
void run_output_backward(const OutputArguments& a, Threads threads) {
    Output<F>(a).backward(threads);
}

}  // namespace charnn

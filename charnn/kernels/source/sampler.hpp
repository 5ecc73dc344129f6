// Drawing text: many characters in one call, each lane a stream of its own.
//
//     p = softmax(o / temperature), cut to the top k and the top p, and u uniform in [0, 1):
//     the first symbol whose cumulative p exceeds u · Σp
//
// The rule is that of charnn/generation/choice.py, which explains it.

#pragma once

#include <cmath>
#include <memory>
#include <numeric>
#include <optional>

#include "arithmetic/vector.hpp"
#include "mixing.hpp"
#include "recurrence/window.hpp"

namespace charnn {

// One step of a cell after another, in place.
struct Stepper {
    virtual ~Stepper() = default;
    virtual void begin(Range lanes) = 0;
    virtual void step(Range lanes) = 0;
    virtual void end(Range lanes) = 0;
};

template <class Pass>
struct StepperOf : Stepper {
    StepperOf(const WindowArguments& a, Threads threads) : pass(a, threads) {}
    void begin(Range lanes) override { pass.begin(lanes); }
    INLINE_ALL void step(Range lanes) override { pass.step(0, lanes); }
    void end(Range lanes) override { pass.end(lanes); }
    Pass pass;
};

// What the sampler has to know of a layer's cell.
struct SampledCell {
    long gates;
    std::unique_ptr<Stepper> (*stepper)(const WindowArguments&, Threads);
};

// p = exp((o − greatest) / temperature), as large as it comes.
template <class T>
void exponentials(const T* logits, T greatest, double temperature, std::vector<double>& p) {
    const int64_t symbols = p.size();
    for (int64_t i = 0; i < symbols; i += width<double>)
        with_count<double>(i, symbols, [&](auto count) {
            Vector<double> x{};
            for (long j = 0; j < count; ++j) x[j] = double(logits[i + j]) - double(greatest);
            store(&p[i], exponential_minus_one<double>(x / temperature) + 1.0, count);
        });
}

// Draws one symbol from logits, in room of its own.
class Draw {
public:
    explicit Draw(const SamplerArguments& a) : a_(a), p_(a.symbols), order_(a.symbols), ranked_(a.symbols) {}

    // The symbol; -1 where a logit is not a finite number.
    template <class T>
    int64_t operator()(const T* logits, double uniform) {
        const Greatest<T> greatest(logits, a_.symbols);
        if (!greatest.finite) return -1;
        if (a_.temperature == 0) return std::max_element(logits, logits + a_.symbols) - logits;
        exponentials(logits, greatest.value, a_.temperature, p_);
        if (a_.top_k || a_.top_p) cut();
        return pick(uniform);
    }

private:
    void cut() {
        std::iota(order_.begin(), order_.end(), 0);
        std::stable_sort(order_.begin(), order_.end(), [&](int64_t i, int64_t j) { return p_[i] > p_[j]; });
        for (int64_t rank = 0; rank < a_.symbols; ++rank)
            ranked_[rank] = !a_.top_k || rank < a_.top_k ? p_[order_[rank]] : 0;
        const double sum = std::accumulate(ranked_.begin(), ranked_.end(), 0.0);
        double reached = 0;
        for (int64_t rank = 0; rank < a_.symbols; ++rank) {
            reached += ranked_[rank];
            const bool in = !a_.top_p || reached - ranked_[rank] < a_.top_p * sum;
            p_[order_[rank]] = in ? ranked_[rank] : 0;
        }
    }

    // Turns the probabilities, whose sum need not be 1, into cumulative ones.
    int64_t pick(double uniform) {
        double cumulative = 0;
        for (double& p : p_) p = cumulative += p;
        // u · Σp may round up to Σp itself, which no cumulative sum exceeds.
        const double threshold = std::min(uniform * cumulative, std::nextafter(cumulative, 0.0));
        return std::upper_bound(p_.begin(), p_.end(), threshold) - p_.begin();
    }

    const SamplerArguments& a_;
    std::vector<double> p_;
    std::vector<int64_t> order_;
    std::vector<double> ranked_;
};

// A stack of cells and the output layer, with their packed weights.
template <class T>
class Sampler {
public:
    // find(name): the cell of that name.
    template <class Find>
    Sampler(const SamplerArguments& a, Threads threads, Find find)
        : a_(a),
          W_q_(Packed<T>::columns((const T*)a.output_weights, a.symbols, a.layer[a.layers - 1].hidden, a.symbols, 1,
                                  threads)),
          workspace_(a.lanes, 0),
          drawn_(a.lanes) {
        layers_.reserve(a.layers);  // the steppers keep pointers into it
        for (int64_t i = 0; i < a.layers; ++i) {
            const LayerArguments& layer = a.layer[i];
            const SampledCell cell = find(layer.cell);
            const long width = cell.gates * layer.hidden;
            Layer& own = layers_.emplace_back();
            own.next.resize(a.lanes * layer.hidden);
            own.arguments.steps = 1;
            own.arguments.lanes = a.lanes;
            own.arguments.hidden = layer.hidden;
            own.arguments.weights = layer.weights;
            own.arguments.bias = layer.bias;
            for (int part = 0; part < most_parts; ++part)
                own.arguments.start[part] = own.arguments.last[part] = layer.state[part];
            own.arguments.output = own.next.data();
            if (i == 0) {
                own.arguments.rows = layer.input_weights;
                own.arguments.ids = drawn_.data();
            } else {
                own.W_x.push_back(
                    Packed<T>::columns((const T*)layer.input_weights, width, layer.inputs, width, 1, threads));
                own.rows.resize(a.lanes * width);
                own.arguments.rows = own.rows.data();
            }
            own.stepper = cell.stepper(own.arguments, threads);
        }
    }

    // Draws all symbols of some lanes.
    void run(Range lanes) {
        Draw draw(a_);
        std::optional<Mixing> mixing;
        if (a_.mixture) mixing.emplace(*a_.mixture, a_.symbols);
        for (Layer& layer : layers_) layer.stepper->begin(lanes);
        for (int64_t step = 0; step < a_.steps; ++step) {
            for (long lane = lanes.first; lane < lanes.last; ++lane) {
                const int64_t place = step * a_.lanes + lane;
                T* logits = (T*)a_.logits + lane * a_.symbols;
                if (mixing) (*mixing)(lane, logits);
                a_.drawn[place] = draw(logits, a_.uniforms[place]);
                drawn_[lane] = std::max<int64_t>(a_.drawn[place], 0);
                if (mixing) mixing->advance(lane, drawn_[lane]);
            }
            for (int64_t i = 0; i < a_.layers; ++i) advance(i, lanes);
            affine(h(a_.layers - 1), W_q_, (const T*)a_.output_bias, (T*)a_.logits, lanes);
        }
        for (Layer& layer : layers_) layer.stepper->end(lanes);
    }

private:
    struct Layer {
        WindowArguments arguments{};
        std::vector<T> next, rows;
        std::vector<Packed<T>> W_x;  // none in the first layer
        std::unique_ptr<Stepper> stepper;
    };

    const T* h(int64_t i) const { return (const T*)a_.layer[i].state[0]; }

    void advance(int64_t i, Range lanes) {
        Layer& layer = layers_[i];
        if (i > 0) affine(h(i - 1), layer.W_x[0], nullptr, layer.rows.data(), lanes);
        layer.stepper->step(lanes);
        const long H = a_.layer[i].hidden;
        std::copy(layer.next.begin() + lanes.first * H, layer.next.begin() + lanes.last * H,
                  (T*)a_.layer[i].state[0] + lanes.first * H);
    }

    // to = x W + b
    void affine(const T* x, const Packed<T>& W, const T* b, T* to, Range lanes) {
        product<1>(x, W.rows(), W, lanes, workspace_,
                   [&]<int N>(long lane, long unit, auto count, Registers<T, N>(&sums)[1]) {
                       const Vector<T> bias = b ? load(b + unit, count) : Vector<T>{};
                       for (int l = 0; l < N; ++l)
                           store(to + (lane + l) * W.units() + unit, sums[0].of[l] + bias, count);
                   });
    }

    const SamplerArguments& a_;
    Packed<T> W_q_;
    Workspace<T> workspace_;
    std::vector<int64_t> drawn_;
    std::vector<Layer> layers_;
};

}  // namespace charnn

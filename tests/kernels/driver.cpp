// The kernels without Python, for the sanitizers: random shapes of every cell, the forward pass, the backward pass and
// sampling, on several threads. All arrays are exactly as large as they have to be, and one thread must give the same
// numbers.

#define CHARNN_FINGERPRINT "driver"
#include <cstdio>
#include <cstdlib>
#include <random>

#include "../../charnn/kernels/source/kernels.cpp"
#include "../../charnn/kernels/source/parts/backward_bfloat16.cpp"
#include "../../charnn/kernels/source/parts/backward_double.cpp"
#include "../../charnn/kernels/source/parts/backward_float.cpp"
#include "../../charnn/kernels/source/parts/forward_bfloat16.cpp"
#include "../../charnn/kernels/source/parts/forward_double.cpp"
#include "../../charnn/kernels/source/parts/forward_float.cpp"
#include "../../charnn/kernels/source/parts/tiles.cpp"

namespace {

std::mt19937 random_bits(1);

long between(long low, long high) { return low + long(random_bits() % (high - low + 1)); }

template <class T>
std::vector<T> numbers(long count) {
    std::vector<T> values(count);
    for (T& value : values) value = T(double(random_bits()) / 4294967296.0 - 0.5);
    return values;
}

int call(int kernel, const void* arguments, int precision, int threads, const char* cell = "") {
    const charnn::Call one{kernel, precision, charnn_cell(cell), threads, (void*)arguments};
    return charnn_run(&one, 1, nullptr);
}

struct Cell {
    const char* name;
    long gates;
    int parts;
};

const Cell cells[] = {{"linear", 1, 1}, {"rnn", 1, 1}, {"simple-gru", 2, 1}, {"gru", 3, 1}, {"lstm", 4, 2}};

void require(bool holds, const char* what, const Cell& cell) {
    if (holds) return;
    std::fprintf(stderr, "%s: %s\n", cell.name, what);
    std::exit(1);
}

template <class T>
struct Outputs {
    std::vector<T> output, last[2], saved, multiplied, drows, dstart[2], dweights;
    // Without the sums over lanes, which threads take in another order.
    bool operator==(const Outputs& o) const {
        return output == o.output && last[0] == o.last[0] && last[1] == o.last[1] && dstart[0] == o.dstart[0] &&
               dstart[1] == o.dstart[1];
    }
};

template <class T>
void once(const Cell& cell, int precision = sizeof(T) == 8) {
    constexpr int in_double = sizeof(T) == 8;
    const long steps = between(1, 6), lanes = between(1, 20), hidden = between(1, 70), symbols = between(1, 9);
    const long state = lanes * hidden, width = cell.gates * hidden;
    const bool one_hot = between(0, 1), save = between(0, 3), biased = between(0, 1);
    const auto rows = numbers<T>((one_hot ? symbols : steps * lanes) * width), weights = numbers<T>(hidden * width);
    const auto doutput = numbers<T>(steps * state), bias = numbers<T>(width);
    const std::vector<T> start[2] = {numbers<T>(state), numbers<T>(state)},
                         dlast[2] = {numbers<T>(state), numbers<T>(state)};
    const bool of_rows = between(0, 1), ragged = between(0, 1);
    std::vector<double> xi(of_rows ? steps * lanes : steps);
    for (double& gate : xi) gate = double(between(0, 2));
    std::vector<int64_t> ends(lanes);
    for (int64_t& end : ends) end = between(0, steps);
    if (between(0, 1)) std::sort(ends.begin(), ends.end());  // then rows that have ended are left out
    std::vector<int64_t> ids(steps * lanes);
    for (int64_t& id : ids) id = between(0, symbols - 1);

    auto run = [&](int threads) {
        Outputs<T> o;
        // What nobody writes stays NaN.
        o.output.assign(steps * state, T(NAN));
        if (save) o.saved.resize(steps * lanes * charnn_saved(cell.name, precision, hidden));
        if (save) o.multiplied.assign(steps * lanes * charnn_multiplied(cell.name, hidden), T(NAN));
        if (save) o.drows.assign((one_hot ? symbols : steps * lanes) * width, T(NAN));
        o.dweights.resize(hidden * width);
        charnn::WindowArguments a{};
        a.steps = steps, a.lanes = lanes, a.hidden = hidden, a.symbols = symbols;
        a.rows = rows.data(), a.bias = biased ? bias.data() : nullptr, a.ids = one_hot ? ids.data() : nullptr,
        a.weights = weights.data();
        a.output = o.output.data();
        a.saved = o.saved.empty() ? nullptr : o.saved.data();
        a.multiplied = o.multiplied.empty() ? nullptr : o.multiplied.data();
        a.ends = ragged ? ends.data() : nullptr, a.xi_lanes = of_rows ? lanes : 1;
        a.xi = xi.data(), a.doutput = doutput.data(), a.drows = o.drows.data();
        a.dweights = o.dweights.data();
        for (int part = 0; part < cell.parts; ++part) {
            o.last[part].resize(state), o.dstart[part].resize(state);
            a.start[part] = start[part].data(), a.last[part] = o.last[part].data();
            a.dlast[part] = dlast[part].data(), a.dstart[part] = o.dstart[part].data();
        }
        require(call(charnn::cell_forward, &a, precision, threads, cell.name) == 0, "forward failed", cell);
        if (save) require(call(charnn::cell_backward, &a, precision, threads, cell.name) == 0, "backward failed", cell);
        void* arrays[] = {o.dweights.data(), o.drows.data()};
        const int64_t lengths[] = {hidden * width, long(o.drows.size())};
        double norm;
        int64_t changed;
        const double bounds[] = {between(0, 1) ? 0.5 : INFINITY, between(0, 1) ? 0.1 : INFINITY};
        const charnn::ClipArguments clip{2, arrays, lengths, bounds[0], bounds[1], &norm, &changed};
        require(call(charnn::clipping, &clip, in_double, 1) == 0, "clipping failed", cell);
        require(std::isfinite(norm), "there are gradients that nobody wrote", cell);
        return o;
    };
    const std::mt19937 same = random_bits;
    const Outputs<T> one = run(1);
    random_bits = same;
    require(one == run(3), "threads change the numbers", cell);
}

// A Markov model of random n-grams, with lanes at random places in it.
struct RandomModel {
    RandomModel(long symbols, long lanes) : order(between(1, 4)), shortest(between(0, 2)) {
        long contexts = 1;
        for (long length = 0; length < order; ++length) {
            std::vector<int64_t> begins{0}, last;
            for (long context = 0; context < contexts; ++context) {
                for (long symbol = 0; symbol < symbols; ++symbol)
                    if (between(0, 3) == 0) last.push_back(symbol);
                begins.push_back(last.size());
            }
            for (long lane = 0; lane < lanes; ++lane) nodes.push_back(contexts ? between(0, contexts - 1) : -1);
            all_gamma.emplace_back(contexts, 0.5);
            contexts = last.size();
            all_alpha.emplace_back(contexts, 0.1);
            all_begins.push_back(begins);
            all_last.push_back(last);
        }
        for (long length = 0; length < order; ++length)
            levels.push_back({all_begins[length].data(), all_last[length].data(), all_alpha[length].data(),
                              all_gamma[length].data()});
    }
    long order, shortest;
    std::vector<std::vector<int64_t>> all_begins, all_last;
    std::vector<std::vector<double>> all_alpha, all_gamma;
    std::vector<charnn::MarkovLevelArguments> levels;
    std::vector<int64_t> nodes;  // by length and lane
};

template <class T>
void draw(const Cell& cell) {
    const long layers = between(1, 3), lanes = between(1, 14), steps = between(1, 5), symbols = between(1, 40);
    std::vector<long> hidden(layers);
    std::vector<std::vector<T>> inputs(layers), biases(layers), weights(layers);
    for (long i = 0; i < layers; ++i) {
        hidden[i] = between(1, 40);
        const long width = cell.gates * hidden[i];
        inputs[i] = numbers<T>((i ? hidden[i - 1] : symbols) * width);
        biases[i] = numbers<T>(width);
        weights[i] = numbers<T>(hidden[i] * width);
    }
    const auto output = numbers<T>(hidden[layers - 1] * symbols), bias = numbers<T>(symbols),
               first = numbers<T>(lanes * symbols);
    std::vector<double> uniforms(steps * lanes);
    for (double& uniform : uniforms) uniform = double(random_bits()) / 4294967296.0;
    const double temperature = between(0, 2) * 0.7, top_p = between(0, 1) * 0.8;
    const int64_t top_k = between(0, 3);
    std::vector<RandomModel> models;
    for (long model = between(0, 2); model > 0; --model) models.emplace_back(symbols, lanes);
    const std::vector<double> sure{0.3, 0.6}, shares(12 * 3, 0.3);

    auto run = [&](int threads) {
        std::vector<std::vector<T>> states(2 * layers);
        std::vector<charnn::LayerArguments> layer(layers);
        for (long i = 0; i < layers; ++i) {
            layer[i] = {cell.name,        i ? hidden[i - 1] : symbols, hidden[i],         inputs[i].data(),
                        biases[i].data(), weights[i].data(),           {nullptr, nullptr}};
            for (int part = 0; part < cell.parts; ++part) {
                states[2 * i + part].assign(lanes * hidden[i], T(0.1));
                layer[i].state[part] = states[2 * i + part].data();
            }
        }
        std::vector<std::vector<int64_t>> nodes;
        std::vector<charnn::MarkovArguments> markov;
        for (const RandomModel& model : models) {
            std::vector<int64_t>& own = nodes.emplace_back();
            for (long lane = 0; lane < lanes; ++lane)
                for (long length = 0; length < model.order; ++length) own.push_back(model.nodes[length * lanes + lane]);
            markov.push_back({model.order, model.shortest, model.levels.data(), own.data()});
        }
        const charnn::MixtureArguments mixture{int64_t(models.size()), 2, markov.data(), sure.data(), shares.data()};
        std::vector<T> logits = first;
        std::vector<int64_t> drawn(steps * lanes, -1);
        charnn::SamplerArguments a{layers,          lanes,
                                   steps,           symbols,
                                   layer.data(),    output.data(),
                                   bias.data(),     logits.data(),
                                   uniforms.data(), drawn.data(),
                                   temperature,     top_k,
                                   top_p,           models.empty() ? nullptr : &mixture};
        require(charnn_sample(sizeof(T) == 8, &a, threads, nullptr) == 0, "sampling failed", cell);
        for (int64_t id : drawn) require(id >= 0 && id < symbols, "no symbol was drawn", cell);
        return drawn;
    };
    require(run(1) == run(3), "threads change what is drawn", cell);
}

template <class T>
void read(int precision = sizeof(T) == 8) {
    const Cell cell{"output", 0, 0};
    const long rows = between(0, 300), hidden = between(1, 40), symbols = between(1, 80);
    const auto h = numbers<T>(rows * hidden), weights = numbers<T>(hidden * symbols), bias = numbers<T>(symbols);
    const auto row_weights = numbers<T>(rows);
    const bool weighted = between(0, 1);
    std::vector<int64_t> targets(rows);
    for (int64_t& target : targets) target = between(0, symbols - 1);

    auto run = [&](int threads) {
        std::vector<T> dlogits(rows * symbols), dh(rows * hidden), dweights(hidden * symbols), dbias(symbols);
        double loss = 0;
        charnn::OutputArguments a{rows,
                                  hidden,
                                  symbols,
                                  h.data(),
                                  weights.data(),
                                  bias.data(),
                                  targets.data(),
                                  weighted ? row_weights.data() : nullptr,
                                  dlogits.data(),
                                  &loss,
                                  0.5,
                                  dh.data(),
                                  dweights.data(),
                                  dbias.data()};
        require(call(charnn::loss_forward, &a, precision, threads) == 0, "forward failed", cell);
        require(call(charnn::loss_backward, &a, precision, threads) == 0, "backward failed", cell);
        dh.push_back(T(loss));
        return dh;
    };
    require(run(1) == run(3), "threads change what is read", cell);
}

// Projections, sums and the rules of optimisers.
template <class T>
void learn() {
    constexpr int in_double = sizeof(T) == 8;
    const Cell cell{"learning", 0, 0};
    const long rows = between(1, 300), inputs = between(1, 40), columns = between(1, 80);
    const auto x = numbers<T>(rows * inputs), weights = numbers<T>(inputs * columns), dy = numbers<T>(rows * columns);

    auto run = [&](int threads) {
        std::vector<T> y(rows * columns), dx(rows * inputs), dweights(inputs * columns);
        const charnn::ProjectionArguments a{rows,     inputs,    columns,   x.data(),       weights.data(),
                                            y.data(), dy.data(), dx.data(), dweights.data()};
        require(call(charnn::projection, &a, in_double, threads) == 0, "projection failed", cell);
        require(call(charnn::projection_backward, &a, in_double, threads) == 0, "gradients failed", cell);
        y.insert(y.end(), dx.begin(), dx.end());
        return y;
    };
    require(run(1) == run(3), "threads change what is projected", cell);

    std::vector<T> total(columns), both(rows * columns);
    const charnn::ElementwiseArguments of_rows{rows, columns, dy.data(), nullptr, total.data()};
    const charnn::ElementwiseArguments of_two{1, rows * columns, dy.data(), dy.data(), both.data()};
    require(call(charnn::sum_of_rows, &of_rows, in_double, 1) == 0, "a sum failed", cell);
    require(call(charnn::sum, &of_two, in_double, 1) == 0, "a sum failed", cell);
    require(call(charnn::masking, &of_two, in_double, 1) == 0, "a product failed", cell);
    std::vector<T> of_lanes(rows), of_weights(rows * columns);
    const charnn::MaskArguments masks[] = {{0, rows, 0.3, of_lanes.data()},
                                           {1, rows * columns, 0.3, of_weights.data()}};
    const charnn::NoiseArguments noise{between(0, 9), {1, 2, 3}, 2, masks};
    require(call(charnn::noise, &noise, in_double, 1) == 0, "no masks were drawn", cell);
    std::vector<int64_t> ids(rows), left(rows);
    for (int64_t& id : ids) id = between(0, columns - 1);
    for (const void* mask : {(void*)of_lanes.data(), (void*)of_weights.data()}) {
        const bool of_window = mask == of_weights.data();
        const charnn::SymbolsArguments symbols{1, rows, columns, of_window, ids.data(), mask, left.data()};
        require(call(charnn::leaving_out, &symbols, in_double, 1) == 0, "nothing was left out", cell);
    }
    for (int rule = 0; rule < 4; ++rule)
        for (bool remembers : {false, true}) {
            auto changed = weights;
            std::vector<T> first(inputs * columns), second(inputs * columns);
            float step = 0;
            const bool needs_first = rule > 0, needs_second = rule == 3;
            void* of_weights[] = {changed.data()};
            const void* of_gradients[] = {weights.data()};
            void* of_first[] = {remembers || needs_first ? first.data() : nullptr};
            void* of_second[] = {(remembers && rule == 2) || needs_second ? second.data() : nullptr};
            float* steps[] = {rule ? &step : nullptr};
            const int64_t lengths[] = {inputs * columns};
            const double decay[] = {0.1};
            const charnn::RuleArguments a{rule,    1,     of_weights, of_gradients, of_first, of_second,  steps,
                                          lengths, decay, 0.1,        0.5,          1e-8,     {0.9, 0.99}};
            require(call(charnn::rule, &a, in_double, 1) == 0, "a rule failed", cell);
        }
}

// One program for each row of an array, in one call.
template <class T>
void run_again() {
    const Cell cell{"repeating", 0, 0};
    const long rows = between(1, 9), columns = between(1, 40), bytes = columns * sizeof(T);
    const auto given = numbers<T>(rows * columns);
    std::vector<T> place(columns), to(columns), found(rows * columns), expected = given;
    for (T& number : expected) number += number;
    const charnn::ElementwiseArguments twice{1, columns, place.data(), place.data(), to.data()};
    const charnn::Call sum{charnn::sum, sizeof(T) == 8, 0, 1, (void*)&twice};
    const charnn::CopyArguments before{given.data(), place.data(), bytes, 0, bytes};
    const charnn::CopyArguments after{to.data(), found.data(), 0, bytes, bytes};
    charnn::RepeatArguments a{rows, 1, 1, 1, &sum, &before, &after, 0};
    require(charnn_repeat(&a, nullptr) == 0 && a.done == rows, "a repetition failed", cell);
    require(found == expected, "a repetition mixed up its rows", cell);
}

}  // namespace

int main(int, char** arguments) {
    for (int repeat = std::atoi(arguments[1]); repeat > 0; --repeat) {
        read<float>(), read<double>(), read<float>(charnn::in_bfloat16);
        learn<float>(), learn<double>();
        run_again<float>(), run_again<double>();
        for (const Cell& cell : cells) {
            once<float>(cell), once<double>(cell), once<float>(cell, charnn::in_bfloat16);
            draw<float>(cell), draw<double>(cell);
        }
    }
    return charnn_saved("no such cell", 0, 1) == -1 && charnn_multiplied("no such cell", 1) == -1 &&
                   charnn_cell("no such cell") == -1
               ? 0
               : 1;
}

// The gradients of weights, taken while ∂L/∂a_t is still in the cache: of a recurrent matrix, ∂L/∂W = Σ_t m_tᵀ ∂L/∂a_t,
// and of the row that each symbol has of the projected inputs.

#pragma once

#include <array>

#include "product.hpp"

namespace charnn {

// So many rows of m and ∂L/∂a are gathered before they are multiplied: enough to make up for loading a tile.
constexpr long gathered_rows = 96;

// f(rows) for so many of them after another, which stay in the cache.
template <class F>
inline void for_blocks(Range rows, F f) {
    for (long first = rows.first; first < rows.last; first += gathered_rows)
        f(Range{first, std::min(first + gathered_rows, rows.last)});
}

// One thread's sum. Its numbers lie as the tiles of a product do: panel after panel of columns, for each unit of m a
// row of tile_vectors registers.
template <class F>
class WeightGradient {
    using T = Number<F>;

public:
    WeightGradient() = default;
    WeightGradient(long units, long columns, long most_rows)
        : units_(units),
          columns_(columns),
          sums_(panels() * units * tile_vectors),
          m_(units * factors_of<F>(most_rows)),
          panel_(factors_of<F>(most_rows) * tile_vectors) {}

    // Adds Σ_k m_kᵀ da_k; m(k) and da(k) give the rows.
    template <class M, class D>
    void add(long rows, M m, D da) {
        const long depth = factors_of<F>(rows);
        for (long k = 0; k < rows; k += numbers<F>) {
            const T *row = m(k), *next = k + 1 < rows ? m(k + 1) : nullptr;
            for (long unit = 0; unit < units_; ++unit)
                m_[unit * depth + k / numbers<F>] = factor<F>([&](long i) {
                    return i == 0 ? row[unit] : next ? next[unit] : T(0);
                });
        }
        for (long panel = 0; panel < panels(); ++panel) {
            for (long k = 0; k < rows; k += numbers<F>)
                load_row(da(k), k + 1 < rows ? da(k + 1) : nullptr, panel, &panel_[k / numbers<F> * tile_vectors]);
            for (long k = 0; k < depth; k += panel_rows)
                for (long unit = 0; unit < units_; unit += tile_lanes)
                    add_lanes<F>(std::min<long>(tile_lanes, units_ - unit), &m_[unit * depth + k], depth,
                                 &panel_[k * tile_vectors], vectors_of<1, T>(panel, columns_),
                                 std::min(panel_rows, depth - k), &sums_[(panel * units_ + unit) * tile_vectors],
                                 false);
        }
    }

    // to (+)= the sum; the rows of `to` lie `stride` apart.
    void write(T* to, long stride, bool fresh, Range units) const {
        for (long panel = 0; panel < panels(); ++panel)
            for (long unit = units.first; unit < units.last; ++unit)
                for (long v = 0; v < tile_vectors; ++v) {
                    const long column = (panel * tile_vectors + v) * width<T>;
                    if (column >= columns_) break;
                    with_count<T>(column, columns_, [&](auto count) {
                        T* place = to + unit * stride + column;
                        const Vector<T> sum = sums_[(panel * units_ + unit) * tile_vectors + v];
                        store(place, fresh ? sum : sum + load(place, count), count);
                    });
                }
    }

    long units() const { return units_; }

private:
    static constexpr long wide = tile_vectors * width<T>;

    long panels() const { return (columns_ + wide - 1) / wide; }
    // The factors of a row, or of it and the next one.
    void load_row(const T* row, const T* next, long panel, Vector<F>* to) const {
        for (long v = 0; v < tile_vectors; ++v) {
            const long column = panel * wide + v * width<T>;
            to[v] = Vector<F>{};
            if (column < columns_)
                with_count<T>(column, columns_, [&](auto count) {
                    to[v] = factors<F>([&](long i) {
                        const T* from = i == 0 ? row : next;
                        return from ? load(from + column, count) : Vector<T>{};
                    });
                });
        }
    }

    long units_ = 0, columns_ = 0;
    std::vector<Vector<T>> sums_;
    std::vector<F> m_;
    std::vector<Vector<F>> panel_;
};

// to = the sum of what several threads have summed.
template <class F>
void write_sum(const std::vector<WeightGradient<F>>& sums, Number<F>* to, long stride, Threads threads) {
    const std::vector<Range> units = divided(sums[0].units(), threads.count);
    share(units.size(), threads, [&](long part) {
        for (size_t number = 0; number < sums.size(); ++number)
            sums[number].write(to, stride, number == 0, units[part]);
    });
}

// How many steps of some lanes are gathered before they are multiplied.
inline long gathered_steps(Range lanes, long steps) {
    return std::min((gathered_rows + lanes.count() - 1) / lanes.count(), steps);
}

// ∂L/∂W_h of a window: what each thread gathers from its lanes, and the sum over the threads.
template <class Pass>
class RecurrentGradient {
    using T = typename Pass::T;
    using Cell = typename Pass::Cell;

public:
    RecurrentGradient(const Pass& pass, long parts)
        : pass_(pass), H_(pass.window.H), width_(Cell::gates * H_), parts_(parts) {
        for (auto& sums : sums_) sums.resize(parts);
    }
    // On the thread of a part, before its first step.
    void begin(long number, Range lanes) {
        Part& part = parts_[number];
        part.steps = gathered_steps(lanes, pass_.window.steps);
        for (size_t i = 0; i < sums_.size(); ++i)
            sums_[i][number] = {H_, Cell::matrices[i].gates * H_, part.steps * lanes.count()};
    }
    // After each step of the backward pass.
    void gather(long step, long number, Range lanes) {
        Part& part = parts_[number];
        if (++part.pending < part.steps && step > 0) return;
        const long count = lanes.count();
        for (size_t i = 0; i < sums_.size(); ++i) {
            const auto& matrix = Cell::matrices[i];
            sums_[i][number].add(
                part.pending * count,
                [&](long k) { return pass_.multiplied(matrix, step + k / count) + (lanes.first + k % count) * H_; },
                [&](long k) {
                    return pass_.window.da(step + k / count, matrix.first) + (lanes.first + k % count) * width_;
                });
        }
        part.pending = 0;
    }
    void write(T* to, Threads threads) const {
        for (size_t i = 0; i < sums_.size(); ++i)
            write_sum(sums_[i], to + Cell::matrices[i].first * H_, width_, threads);
    }

private:
    // How many steps are gathered, and how many of them there are.
    struct Part {
        long steps = 0, pending = 0;
    };
    const Pass& pass_;
    const long H_, width_;
    std::vector<Part> parts_;
    std::array<std::vector<WeightGradient<typename Pass::F>>, std::size(Cell::matrices)> sums_;  // by matrix and part
};

// The gradient of each symbol's row: the sum of ∂L/∂a over the steps and lanes that took it. The first thread adds up
// in the result itself, the others in arrays of their own.
template <class T>
class SymbolGradient {
public:
    SymbolGradient(T* to, long symbols, long width, long parts) : to_(to), width_(width) {
        std::fill(to, to + symbols * width, T(0));
        for (long part = 1; part < parts; ++part) others_.emplace_back(symbols * width);
    }
    // Adds one step of some lanes: `da` and `ids` are those of lane 0.
    void add(long part, const T* da, const int64_t* ids, Range lanes) {
        T* sums = part ? others_[part - 1].data() : to_;
        for (long lane = lanes.first; lane < lanes.last; ++lane) {
            const T* row = da + lane * width_;
            T* sum = sums + ids[lane] * width_;
            for (long i = 0; i < width_; ++i) sum[i] += row[i];
        }
    }
    void write() const {
        for (const std::vector<T>& other : others_)
            for (size_t i = 0; i < other.size(); ++i) to_[i] += other[i];
    }

private:
    T* to_;
    long width_;
    std::vector<std::vector<T>> others_;
};

}  // namespace charnn

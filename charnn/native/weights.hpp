// The gradient of a recurrent matrix, ∂L/∂W = Σ_t m_tᵀ ∂L/∂a_t, taken while ∂L/∂a_t is still in the cache.

#pragma once

#include "product.hpp"

namespace charnn {

// So many rows of m and ∂L/∂a are gathered before they are multiplied: enough for a tile to be worth its loading.
constexpr long gathered_rows = 96;

// One thread's sum. Its numbers lie as the tiles of a product do: panel after panel of columns, for each unit of m a row
// of tile_vectors registers.
template <class T>
class WeightGradient {
public:
    WeightGradient(long units, long columns, long most_rows)
        : units_(units), columns_(columns), sums_(panels() * units * tile_vectors), m_(units * most_rows),
          panel_(most_rows * tile_vectors) {}

    // Adds Σ_k m_kᵀ da_k; m(k) and da(k) give the rows.
    template <class M, class D>
    void add(long rows, M m, D da) {
        for (long k = 0; k < rows; ++k) {
            const T* row = m(k);
            for (long unit = 0; unit < units_; ++unit) m_[unit * rows + k] = row[unit];
        }
        for (long panel = 0; panel < panels(); ++panel) {
            for (long k = 0; k < rows; ++k) load_row(da(k), panel, &panel_[k * tile_vectors]);
            for (long k = 0; k < rows; k += panel_rows)
                for (long unit = 0; unit < units_; unit += tile_lanes)
                    add_lanes<T>(std::min<long>(tile_lanes, units_ - unit), &m_[unit * rows + k], rows,
                                 &panel_[k * tile_vectors], std::min(panel_rows, rows - k),
                                 &sums_[(panel * units_ + unit) * tile_vectors], false);
        }
    }

    // to (+)= the sum; the rows of `to` lie `stride` apart.
    void write(T* to, long stride, bool fresh, Lanes units) const {
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

private:
    static constexpr long wide = tile_vectors * width<T>;

    long panels() const { return (columns_ + wide - 1) / wide; }
    void load_row(const T* row, long panel, Vector<T>* to) const {
        for (long v = 0; v < tile_vectors; ++v) {
            const long column = panel * wide + v * width<T>;
            to[v] = Vector<T>{};
            if (column < columns_) with_count<T>(column, columns_, [&](auto count) { to[v] = load(row + column, count); });
        }
    }

    long units_, columns_;
    std::vector<Vector<T>> sums_;
    std::vector<T> m_;
    std::vector<Vector<T>> panel_;
};

}  // namespace charnn

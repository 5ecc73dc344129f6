// The recurrent product, m W, which takes nearly all the time: of a few lanes with all gates of a few units at once.
//
// A tile is tile_lanes lanes × tile_vectors registers of sums. Its registers are shared out among the G gates, so that
// all gates of a unit meet in one tile, and the caller goes on with them before they leave the registers.

#pragma once

#include <algorithm>
#include <vector>

#include "../threads.hpp"
#include "factor.hpp"

namespace charnn {

constexpr int tile_vectors = 4;
constexpr int tile_lanes = register_bytes == 64 ? 6 : 3;
// What follows on a product takes so many lanes side by side.
constexpr int group_lanes = 3;
// Smaller matrices are packed sooner than another thread wakes.
constexpr long worth_a_thread = 1 << 16;
// This many rows of a panel fill half of a first-level cache of 32 kB.
constexpr long panel_rows = 16384 / (tile_vectors * register_bytes);

// A matrix in the order in which tiles read it.
//
// A panel holds, for each factor of a column, the same tile_vectors / gates registers of units of each gate. The last
// one is filled up with zeros.
template <class F>
class Packed {
    using T = Number<F>;

public:
    // Of a matrix whose rows lie `stride` apart: for each of `gates` gates `units` columns, one gate after the other.
    static Packed columns(const T* matrix, long stride, long rows, long units, int gates, Threads threads) {
        Packed packed(rows, units, gates);
        const long blocks = tile_vectors / gates;
        packed.for_panels(threads, [&](long panel, Vector<F>* to) INLINE_ALL {
            for (long k = 0; k < rows; k += numbers<F>)
                for (int gate = 0; gate < gates; ++gate)
                    for (long block = 0; block < blocks; ++block, ++to) {
                        const long unit = (panel * blocks + block) * width<T>;
                        if (unit < units)
                            with_count<T>(unit, units, [&](auto count) {
                                *to = factors<F>([&](long i) {
                                    const T* row = matrix + (k + i) * stride + gate * units + unit;
                                    return k + i < rows ? load(row, count) : Vector<T>{};
                                });
                            });
                    }
        });
        return packed;
    }
    // The transpose of the first `rows` columns of a matrix of `units` rows, which lie `stride` apart.
    static Packed transposed(const T* matrix, long stride, long rows, long units, Threads threads) {
        constexpr long wide = tile_vectors * width<T>, line = 64 / sizeof(T);
        Packed packed(rows, units, 1);
        packed.for_panels(threads, [&](long panel, Vector<F>* vectors) INLINE_ALL {
            F* to = (F*)vectors;
            for (long k = 0; k < rows; k += line)
                for (long unit = panel * wide; unit < std::min((panel + 1) * wide, units); ++unit) {
                    const T* row = matrix + unit * stride;
                    for (long j = k; j < std::min(k + line, rows); j += numbers<F>)
                        to[j / numbers<F> * wide + unit - panel * wide] =
                            factor<F>([&](long i) { return j + i < rows ? row[j + i] : T(0); });
                }
        });
        return packed;
    }

    long rows() const { return rows_; }
    // Factors of a column.
    long depth() const { return factors_of<F>(rows_); }
    long units() const { return units_; }
    long panels() const {
        const long wide = tile_vectors / gates_ * width<T>;
        return (units_ + wide - 1) / wide;
    }
    const Vector<F>* panel(long number) const { return vectors_.data() + number * depth() * tile_vectors; }

private:
    Packed(long rows, long units, int gates)
        : rows_(rows), units_(units), gates_(gates), vectors_(panels() * depth() * tile_vectors) {}

    // fill(panel, where it begins) of every panel.
    template <class Fill>
    void for_panels(Threads threads, Fill fill) {
        const bool small = rows_ * units_ * gates_ < worth_a_thread;
        const std::vector<Range> parts = divided(panels(), small ? 1 : threads.count);
        share(parts.size(), threads, [&](long part) INLINE_ALL {
            for (long panel = parts[part].first; panel < parts[part].last; ++panel)
                fill(panel, vectors_.data() + panel * depth() * tile_vectors);
        });
    }

    long rows_, units_;
    int gates_;
    std::vector<Vector<F>> vectors_;
};

// Room for the products of a window: the sums of one panel for each lane, and the factors of each lane, where they are
// not the numbers themselves.
template <class F>
class Workspace {
    using T = Number<F>;

public:
    Workspace(long lanes, long most_rows)
        : kept_(lanes * tile_vectors),
          depth_(factors_of<F>(most_rows)),
          factors_(numbers<F> > 1 ? lanes * depth_ : 0) {}

    Vector<T>* kept(long lane) { return &kept_[lane * tile_vectors]; }

    // The factors of rows of numbers that lie `stride` apart, and how far apart these lie.
    std::pair<const F*, long> prepare(const T* rows, long stride, long count, Range lanes) {
        if constexpr (numbers<F> == 1)
            return {rows, stride};
        else {
            for (long lane = lanes.first; lane < lanes.last; ++lane) {
                const T* row = rows + lane * stride;
                F* to = &factors_[lane * depth_];
                for (long k = 0; k < count / 2; ++k) to[k] = factor<F>([&](long i) { return row[2 * k + i]; });
                if (count % 2) to[count / 2] = factor<F>([&](long i) { return i ? T(0) : row[count - 1]; });
            }
            return {factors_.data(), depth_};
        }
    }

private:
    std::vector<Vector<T>> kept_;
    long depth_;
    std::vector<F> factors_;
};

// kept (+)= `depth` factors of each of `count` ≤ tile_lanes lanes, which lie `stride` apart, times as many of a panel,
// of which `vectors` hold columns: tile.hpp. Compiled once for each F, in a file of its own.
template <class F>
void add_lanes(long count, const F* left, long stride, const Vector<F>* panel, long vectors, long depth,
               Vector<Number<F>>* kept, bool fresh);

// How many vectors of a panel there are columns for, of `units` columns of each of G gates.
template <int G, class T>
inline long vectors_of(long panel, long units) {
    if (G > 1) return tile_vectors;  // each gate has some of them
    return std::min<long>(tile_vectors, (units - panel * tile_vectors * width<T> + width<T> - 1) / width<T>);
}

// The end of a product: hands on the sums of one panel.
template <int G, class T, class Finish>
inline void finish_lanes(long panel, long units, Range lanes, const Vector<T>* kept, Finish finish) {
    constexpr int blocks = tile_vectors / G;
    for (int block = 0; block < blocks; ++block) {
        const long unit = (panel * blocks + block) * width<T>;
        if (unit >= units) break;
        auto hand_on = [&]<int N>(std::integral_constant<int, N>, long b, auto count) {
            Registers<T, N> sums[G];
            for (int gate = 0; gate < G; ++gate)
                for (int lane = 0; lane < N; ++lane)
                    sums[gate].of[lane] = kept[(b + lane) * tile_vectors + gate * blocks + block];
            finish(b, unit, count, sums);
        };
        long b = lanes.first;
        if (units - unit >= width<T>)
            for (; b + group_lanes <= lanes.last; b += group_lanes)
                hand_on(std::integral_constant<int, group_lanes>{}, b, Full<T>{});
        for (; b < lanes.last; ++b)
            with_count<T>(unit, units, [&](auto count) { hand_on(std::integral_constant<int, 1>{}, b, count); });
    }
}

// For all lanes and units, finish(b, unit, count, sums): the sums of a unit's G gates, Σ_k m_bk W_k·, each as
// Registers of the lanes from b on.
//
// rows: the row m of lane 0; those of the others lie `stride` apart.
template <int G, class F, class Finish>
inline void product(const Number<F>* rows, long stride, const Packed<F>& W, Range lanes, Workspace<F>& workspace,
                    Finish finish) {
    const auto [left, apart] = workspace.prepare(rows, stride, W.rows(), lanes);
    for (long panel = 0; panel < W.panels(); ++panel)
        for (long k = 0; k < W.depth(); k += panel_rows) {
            const long depth = std::min(panel_rows, W.depth() - k);
            for (long lane = lanes.first; lane < lanes.last; lane += tile_lanes) {
                const long count = std::min<long>(tile_lanes, lanes.last - lane);
                add_lanes<F>(count, left + lane * apart + k, apart, W.panel(panel) + k * tile_vectors,
                             vectors_of<G, Number<F>>(panel, W.units()), depth, workspace.kept(lane), k == 0);
                if (k + depth == W.depth())
                    finish_lanes<G, Number<F>>(panel, W.units(), Range{lane, lane + count}, workspace.kept(0), finish);
            }
        }
}

}  // namespace charnn

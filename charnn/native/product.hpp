// The recurrent product, m W, which takes nearly all the time: of a few lanes with all gates of a few units at once.
//
// A tile is tile_lanes lanes × tile_vectors registers of sums. Its registers are shared out among the G gates, so that
// all gates of a unit meet in one tile, and whoever asked for the product goes on with them before they leave the
// registers.

#pragma once

#include <algorithm>
#include <vector>

#include "vector.hpp"

namespace charnn {

constexpr int tile_vectors = 4;
constexpr int tile_lanes = register_bytes == 64 ? 6 : 3;
// So many lanes go through what follows on a product side by side.
constexpr int group_lanes = 3;
// This many rows of a panel fill half of a first-level cache of 32 kB.
constexpr long panel_rows = 16384 / (tile_vectors * register_bytes);

// A matrix in the order in which tiles read it.
//
// A panel holds, for each row k, the same tile_vectors / gates registers of units of each gate; units that are
// not there are zeros.
template <class T>
class Packed {
public:
    // For each of `gates` gates `units` columns, one gate after the other, of a matrix whose rows lie `stride` apart.
    static Packed columns(const T* matrix, long stride, long rows, long units, int gates) {
        Packed packed(rows, units, gates);
        const long blocks = tile_vectors / gates;
        Vector<T>* to = packed.vectors_.data();
        for (long panel = 0; panel < packed.panels(); ++panel)
            for (long k = 0; k < rows; ++k)
                for (int gate = 0; gate < gates; ++gate)
                    for (long block = 0; block < blocks; ++block, ++to) {
                        const long unit = (panel * blocks + block) * width<T>;
                        if (unit < units)
                            with_count<T>(unit, units, [&](auto count) {
                                *to = load(matrix + k * stride + gate * units + unit, count);
                            });
                    }
        return packed;
    }
    // The transpose of the first `rows` columns of a matrix of `units` rows, which lie `stride` apart.
    static Packed transposed(const T* matrix, long stride, long rows, long units) {
        constexpr long wide = tile_vectors * width<T>, line = 64 / sizeof(T);
        Packed packed(rows, units, 1);
        T* to = (T*)packed.vectors_.data();
        for (long panel = 0; panel < packed.panels(); ++panel, to += rows * wide)
            for (long k = 0; k < rows; k += line)
                for (long unit = panel * wide; unit < std::min((panel + 1) * wide, units); ++unit)
                    for (long j = k; j < std::min(k + line, rows); ++j)
                        to[j * wide + unit - panel * wide] = matrix[unit * stride + j];
        return packed;
    }

    long rows() const { return rows_; }
    long units() const { return units_; }
    long panels() const {
        const long wide = tile_vectors / gates_ * width<T>;
        return (units_ + wide - 1) / wide;
    }
    const Vector<T>* panel(long number) const { return vectors_.data() + number * rows_ * tile_vectors; }

private:
    Packed(long rows, long units, int gates)
        : rows_(rows), units_(units), gates_(gates), vectors_(panels() * rows * tile_vectors) {}

    long rows_, units_;
    int gates_;
    std::vector<Vector<T>> vectors_;
};

// A range of lanes; one thread takes it through the whole window, because lanes do not meet.
struct Lanes {
    long first, last;
};

// kept (+)= `rows` numbers of each of L lanes times as many rows of a panel. A function of its own, so that the compiler
// gives every register to the sums, one row's factors and one vector of the panel.
template <class T, int L>
__attribute__((noinline)) void add_tile(const T* left, long stride, const Vector<T>* panel, long rows, Vector<T>* kept,
                                        bool fresh) {
    Vector<T> sums[L][tile_vectors];
    for (int l = 0; l < L; ++l)
        for (int v = 0; v < tile_vectors; ++v) sums[l][v] = fresh ? Vector<T>{} : kept[l * tile_vectors + v];
    for (long k = 0; k < rows; ++k, panel += tile_vectors) {
        Vector<T> factors[L];
#pragma GCC unroll 8
        for (int l = 0; l < L; ++l) factors[l] = left[l * stride + k] - Vector<T>{};
#pragma GCC unroll 8
        for (int v = 0; v < tile_vectors; ++v) {
            const Vector<T> column = panel[v];
#pragma GCC unroll 8
            for (int l = 0; l < L; ++l) sums[l][v] += column * factors[l];
        }
    }
    for (int l = 0; l < L; ++l)
        for (int v = 0; v < tile_vectors; ++v) kept[l * tile_vectors + v] = sums[l][v];
}

// The same for `count` ≤ L lanes.
template <class T, int L = tile_lanes>
inline void add_lanes(long count, const T* left, long stride, const Vector<T>* panel, long rows, Vector<T>* kept,
                      bool fresh) {
    if (count == L) return add_tile<T, L>(left, stride, panel, rows, kept, fresh);
    if constexpr (L > 1) add_lanes<T, L - 1>(count, left, stride, panel, rows, kept, fresh);
}

// The end of a product: hands on the sums of one panel.
template <int G, class T, class Finish>
inline void finish_lanes(long panel, long units, Lanes lanes, const Vector<T>* kept, Finish finish) {
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
// left: the row m of lane 0; the rows of the others lie `stride` apart.
// kept: room for tile_vectors registers of each lane.
template <int G, class T, class Finish>
inline void product(const T* left, long stride, const Packed<T>& W, Lanes lanes, Vector<T>* kept, Finish finish) {
    for (long panel = 0; panel < W.panels(); ++panel)
        for (long k = 0; k < W.rows(); k += panel_rows) {
            const long rows = std::min(panel_rows, W.rows() - k);
            for (long lane = lanes.first; lane < lanes.last; lane += tile_lanes) {
                const long count = std::min<long>(tile_lanes, lanes.last - lane);
                add_lanes<T>(count, left + lane * stride + k, stride, W.panel(panel) + k * tile_vectors, rows,
                             kept + lane * tile_vectors, k == 0);
                if (k + rows == W.rows()) finish_lanes<G, T>(panel, W.units(), Lanes{lane, lane + count}, kept, finish);
            }
        }
}

}  // namespace charnn

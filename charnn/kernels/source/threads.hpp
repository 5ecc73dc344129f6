// How work is shared out among threads.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

#include "arithmetic/product.hpp"

namespace charnn {

// Runs body(data) on `threads` threads at once: libgomp's own GOMP_parallel, where torch brought one, so that a process
// has one team of threads and not two.
using Team = void (*)(void (*body)(void*), void* data, unsigned threads, unsigned flags);

// Lanes, rows or units in whole tiles, shared out among the threads.
inline std::vector<Range> divided(long count, int threads) {
    const long tiles = std::max(1L, (count + tile_lanes - 1) / tile_lanes), parts = std::clamp<long>(threads, 1, tiles);
    std::vector<Range> divided;
    for (long part = 0; part < parts; ++part)
        divided.push_back(
            {part * tiles / parts * tile_lanes, std::min((part + 1) * tiles / parts * tile_lanes, count)});
    return divided;
}

// The same for rows that end after `ends` steps each (null: all after the last one), so that the parts have about
// equally much to do: a lane is read until it has ended, and every lane before it.
inline std::vector<Range> divided(long count, const int64_t* ends, int threads) {
    std::vector<Range> parts = divided(count, threads);
    if (!ends || parts.size() == 1) return parts;
    std::vector<int64_t> read(count), before(count + 1);
    std::partial_sum(ends, ends + count, read.begin(), [](int64_t a, int64_t b) { return std::max(a, b); });
    std::partial_sum(read.begin(), read.end(), before.begin() + 1);
    const long all = parts.size(), tiles = (count + tile_lanes - 1) / tile_lanes;
    long first = 0;
    for (long part = 1; part < all; ++part) {
        const long lane = std::lower_bound(before.begin(), before.end(), before[count] * part / all) - before.begin();
        first = std::clamp((lane + tile_lanes / 2) / tile_lanes, first + 1, tiles - all + part);
        parts[part - 1].last = parts[part].first = first * tile_lanes;
    }
    return parts;
}

// Runs take(part) for every part from 0 on, each on a thread of its own.
template <class Take>
void share(long parts, Team team, Take take) {
    if (parts == 1) return take(0);
    std::atomic<long> next{0};
    auto body = [&] {
        for (long part; (part = next++) < parts;) take(part);
    };
    if (team) return team([](void* data) { (*(decltype(body)*)data)(); }, &body, unsigned(parts), 0);
    std::vector<std::thread> others;
    for (long part = 1; part < parts; ++part) others.emplace_back(body);
    body();
    for (std::thread& other : others) other.join();
}

}  // namespace charnn

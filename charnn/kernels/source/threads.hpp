// How work is shared out among threads.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <numeric>
#include <thread>
#include <vector>

namespace charnn {

// The lanes, rows, panels or hidden units from `first` up to `last`, which is not one of them.
struct Range {
    long first, last;

    long count() const { return last - first; }
};

// Runs body(data) on `threads` threads at once: libgomp's own GOMP_parallel, where torch brought one, so that a process
// has one team of threads and not two.
using Team = void (*)(void (*body)(void*), void* data, unsigned threads, unsigned flags);

// How many threads a call works on, and the team that they are of; without one they are its own.
struct Threads {
    int count = 1;
    Team team = nullptr;
};

// Lanes, rows, panels or units, shared out among so many threads.
inline std::vector<Range> divided(long count, int threads) {
    const long parts = std::clamp<long>(threads, 1, std::max(1L, count));
    std::vector<Range> divided;
    for (long part = 0; part < parts; ++part) divided.push_back({part * count / parts, (part + 1) * count / parts});
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
    const long all = parts.size();
    long first = 0;
    for (long part = 1; part < all; ++part) {
        const long lane = std::lower_bound(before.begin(), before.end(), before[count] * part / all) - before.begin();
        first = std::clamp(lane, first + 1, count - all + part);
        parts[part - 1].last = parts[part].first = first;
    }
    return parts;
}

// Runs take(part) for every part from 0 on, each on a thread of its own. What one of them throws, as where there is no
// room, is thrown when all have ended.
template <class Take>
void share(long parts, Threads threads, Take take) {
    if (parts == 1) return take(0);
    std::atomic<long> next{0};
    std::vector<std::exception_ptr> thrown(parts);
    auto body = [&] {
        for (long part; (part = next++) < parts;) try {
                take(part);
            } catch (...) {
                thrown[part] = std::current_exception();
            }
    };
    if (threads.team) {
        threads.team([](void* data) { (*(decltype(body)*)data)(); }, &body, unsigned(parts), 0);
    } else {
        std::vector<std::thread> others;
        for (long part = 1; part < parts; ++part) others.emplace_back(body);
        body();
        for (std::thread& other : others) other.join();
    }
    for (const std::exception_ptr& exception : thrown)
        if (exception) std::rethrow_exception(exception);
}

}  // namespace charnn

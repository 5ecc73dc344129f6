// What dropout leaves out, from the random numbers that torch and NumPy draw with the same seeds.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "arguments.hpp"

namespace charnn {

// The Mersenne Twister that torch has on a CPU (Matsumoto & Nishimura, 1998), a block of numbers at a time.
class Twister {
public:
    static constexpr int size = 624;

    explicit Twister(uint32_t seed) {
        state[0] = seed;
        for (uint32_t i = 1; i < size; ++i) state[i] = 1812433253u * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
    }

    // The next `size` numbers.
    const uint32_t* block() {
        int i = 0;
        for (; i < size - middle; ++i) state[i] = state[i + middle] ^ mixed(state[i], state[i + 1]);
        for (; i < size - 1; ++i) state[i] = state[i + middle - size] ^ mixed(state[i], state[i + 1]);
        state[size - 1] = state[middle - 1] ^ mixed(state[size - 1], state[0]);
        for (i = 0; i < size; ++i) numbers[i] = tempered(state[i]);
        return numbers;
    }

private:
    static constexpr int middle = 397;

    static uint32_t mixed(uint32_t first, uint32_t second) {
        const uint32_t both = (first & 0x80000000u) | (second & 0x7fffffffu);
        return (both >> 1) ^ (-(both & 1u) & 0x9908b0dfu);
    }

    static uint32_t tempered(uint32_t number) {
        number ^= number >> 11;
        number ^= (number << 7) & 0x9d2c5680u;
        number ^= (number << 15) & 0xefc60000u;
        return number ^ (number >> 18);
    }

    uint32_t state[size], numbers[size];
};

// Numbers between 0 and 1 as torch makes them: of 24 bits of one number, or of 53 bits of two.
template <class T>
class Uniforms {
public:
    explicit Uniforms(uint32_t seed) : twister(seed) {}

    // Calls take(i, number) for i from 0 on, with the next `count` numbers.
    template <class Take>
    void draw(long count, Take take) {
        for (long i = 0; i < count;) {
            if (at == of_block) block = twister.block(), at = 0;
            const long end = std::min<long>(count, i + of_block - at);
            for (long j = i; j < end; ++j) take(j, number(at + int(j - i)));
            at += int(end - i), i = end;
        }
    }

private:
    static constexpr bool wide = sizeof(T) == 8;
    static constexpr int of_block = wide ? Twister::size / 2 : Twister::size;

    T number(int place) const {
        if constexpr (wide) {
            const uint64_t bits = uint64_t(block[2 * place]) << 32 | block[2 * place + 1];
            return T(int64_t(bits & ((uint64_t(1) << 53) - 1))) * T(0x1p-53);
        } else {
            return T(int32_t(block[place] & ((1u << 24) - 1))) * T(0x1p-24);
        }
    }

    Twister twister;
    const uint32_t* block = nullptr;
    int at = of_block;
};

// The generator SFC64 of NumPy (Doty-Humphrey, "PractRand", 2010).
class Chaos {
public:
    explicit Chaos(const int64_t* words) : a(words[0]), b(words[1]), c(words[2]) {
        for (int i = 0; i < 12; ++i) next();
    }

    uint64_t next() {
        const uint64_t drawn = a + b + counter++;
        a = b ^ (b >> 11);
        b = c + (c << 3);
        c = (c << 24 | c >> 40) + drawn;
        return drawn;
    }

private:
    uint64_t a, b, c, counter = 1;
};

// Masks the weights with 16 bits each.
template <class T>
void mask_weights(const MaskArguments& mask, Chaos& chaos) {
    constexpr long numbers = 256, of_number = 4;
    const int dropped = int(mask.rate * 65536);
    const T kept = T(1 / (1 - mask.rate));
    for (long begin = 0; begin < mask.count; begin += numbers * of_number) {
        const long count = std::min(mask.count - begin, numbers * of_number);
        uint64_t drawn[numbers];
        for (long i = 0; i * of_number < count; ++i) drawn[i] = chaos.next();
        uint16_t bits[numbers * of_number];
        std::memcpy(bits, drawn, count * sizeof(uint16_t));
        T* to = (T*)mask.to + begin;
        for (long i = 0; i < count; ++i) to[i] = bits[i] >= dropped ? kept : T(0);
    }
}

// Masks the numbers of each lane.
template <class T>
void mask_lanes(const MaskArguments& mask, Uniforms<T>& uniforms) {
    const T rate = T(mask.rate), kept = T(1) / T(1 - mask.rate);
    T* to = (T*)mask.to;
    uniforms.draw(mask.count, [=](long i, T number) { to[i] = number >= rate ? kept : T(0); });
}

// Draws all masks. Of lanes and of weights there are generators of their own, so that neither has an effect on the
// other.
template <class T>
void draw_masks(const NoiseArguments& a) {
    Uniforms<T> uniforms{uint32_t(a.seed)};
    Chaos chaos(a.words);
    for (const MaskArguments* mask = a.masks; mask < a.masks + a.count; ++mask)
        if (mask->of_weights)
            mask_weights<T>(*mask, chaos);
        else
            mask_lanes(*mask, uniforms);
}

// The symbols that are read, where a one-hot vector is left out whole: its step reads a further one, of zeros.
template <class T>
void leave_out(const SymbolsArguments& a) {
    const T* mask = (const T*)a.mask;
    for (long step = 0; step < a.steps; ++step)
        for (long lane = 0; lane < a.lanes; ++lane) {
            const long place = step * a.lanes + lane;
            const int64_t id = a.ids[place];
            a.read[place] = mask[a.of_window ? lane * a.symbols + id : place] != 0 ? id : a.symbols;
        }
}

}  // namespace charnn

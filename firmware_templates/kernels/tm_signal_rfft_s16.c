/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_rfft_s16.h"

typedef struct {
    int16_t real, imaginary;
} number;

/* Half up, / 2^15. */
static int16_t rounded(int32_t x) { return (int16_t)((x + (1 << 14)) >> 15); }

/* About x / parts: times 32767 / parts, so that sums of so many stay within 16 bits. */
static number divided(number x, int32_t parts) {
    const int32_t factor = 32767 / parts;
    const number y = {rounded(x.real * factor), rounded(x.imaginary * factor)};
    return y;
}

static number product(number x, const int16_t *turn) {
    const number y = {rounded(x.real * turn[0] - x.imaginary * turn[1]),
                      rounded(x.real * turn[1] + x.imaginary * turn[0])};
    return y;
}

static number sum(number x, number y) {
    const number z = {(int16_t)(x.real + y.real), (int16_t)(x.imaginary + y.imaginary)};
    return z;
}

static number difference(number x, number y) {
    const number z = {(int16_t)(x.real - y.real), (int16_t)(x.imaginary - y.imaginary)};
    return z;
}

/* 2 where the powers of four do not make up half, else 1. */
static int32_t first_stage(int32_t half) {
    int32_t rest = half;
    while (rest % 4 == 0) {
        rest /= 4;
    }
    return rest;
}

/* Where the i-th number stands before the first stage: its digits to the base of four, and of two
 * at last, turned round. */
static int32_t place_of(int32_t i, int32_t half) {
    int32_t place = 0;
    for (int32_t left = half; left > 1;) {
        const int32_t parts = left % 4 == 0 ? 4 : 2;
        left /= parts;
        place += i % parts * left;
        i /= parts;
    }
    return place;
}

/* Two samples after each other are a complex number. */
static void scatter(const int16_t *in, int32_t samples, number *numbers, int32_t half) {
    for (int32_t i = 0; i < half; ++i) {
        const number x = {2 * i < samples ? in[2 * i] : (int16_t)0,
                          2 * i + 1 < samples ? in[2 * i + 1] : (int16_t)0};
        numbers[place_of(i, half)] = x;
    }
}

/* Transforms of one number become such of two. */
static void stage_2(number *numbers, int32_t half) {
    for (number *x = numbers; x < numbers + half; x += 2) {
        const number first = divided(x[0], 2), second = divided(x[1], 2);
        x[0] = sum(first, second);
        x[1] = difference(first, second);
    }
}

/* Transforms of size numbers become such of four times as many. */
static void stage_4(number *numbers, const int16_t *turns, int32_t size, int32_t half) {
    const int32_t step = 2 * (half / (4 * size));
    for (number *block = numbers; block < numbers + half; block += 4 * size) {
        for (int32_t i = 0; i < size; ++i) {
            number *const x = block + i;
            const number a = divided(x[0], 4);
            const number b = product(divided(x[size], 4), turns + i * step);
            const number c = product(divided(x[2 * size], 4), turns + 2 * i * step);
            const number d = product(divided(x[3 * size], 4), turns + 3 * i * step);
            const number even = sum(a, c), odd = sum(b, d), e = difference(a, c),
                         f = difference(b, d);
            const number turned = {f.imaginary, (int16_t)-f.real};
            x[0] = sum(even, odd);
            x[size] = sum(e, turned);
            x[2 * size] = difference(even, odd);
            x[3 * size] = difference(e, turned);
        }
    }
}

static int16_t halved(int32_t x) { return (int16_t)(x >> 1); }

/* The transform of real samples out of that of pairs of them. */
static void part(const number *numbers, const int16_t *half_turns, int32_t half, int16_t *out) {
    const number first = divided(numbers[0], 2);
    out[0] = (int16_t)(first.real + first.imaginary);
    out[2 * half] = (int16_t)(first.real - first.imaginary);
    out[1] = out[2 * half + 1] = 0;
    for (int32_t i = 1; i <= half / 2; ++i) {
        const number mirror = {numbers[half - i].real, (int16_t)-numbers[half - i].imaginary};
        const number x = divided(numbers[i], 2), y = divided(mirror, 2);
        const number both = sum(x, y), turned = product(difference(x, y), half_turns + 2 * (i - 1));
        out[2 * i] = halved(both.real + turned.real);
        out[2 * i + 1] = halved(both.imaginary + turned.imaginary);
        out[2 * (half - i)] = halved(both.real - turned.real);
        out[2 * (half - i) + 1] = halved(turned.imaginary - both.imaginary);
    }
}

void tm_signal_rfft_s16(const tm_signal_rfft_s16_params *p, const int16_t *in, const int16_t *turns,
                        const int16_t *half_turns, void *work, int16_t *out) {
    const tm_signal_rfft_s16_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t half = params.points / 2;
    number *const numbers = work;
    for (int32_t frame = 0; frame < params.frames; ++frame) {
        scatter(in, params.samples, numbers, half);
        int32_t done = first_stage(half);
        if (done == 2) {
            stage_2(numbers, half);
        } else {
            done = 1;
        }
        for (; done < half; done *= 4) {
            stage_4(numbers, turns, done, half);
        }
        part(numbers, half_turns, half, out);
        in += params.samples;
        out += params.points + 2;
    }
}

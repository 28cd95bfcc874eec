/* SPDX-License-Identifier: Apache-2.0
 *
 * The Fourier transform of complex int16 numbers, in place: by two at first where the powers of
 * four do not make up their number, then by fours, each step divided by as many. way is -1 for the
 * transform and 1 for its inverse, which is divided, too. */
#ifndef TM_FOURIER_H
#define TM_FOURIER_H

#include <stdint.h>

typedef struct {
    int16_t real, imaginary;
} tm_complex;

/* Half up, / 2^15. */
static inline int16_t tm_complex_rounded(int32_t x) { return (int16_t)((x + (1 << 14)) >> 15); }

/* About x / parts: times 32767 / parts, so that sums of so many stay within 16 bits. */
static inline tm_complex tm_complex_divided(tm_complex x, int32_t parts) {
    const int32_t factor = 32767 / parts;
    const tm_complex y = {tm_complex_rounded(x.real * factor),
                          tm_complex_rounded(x.imaginary * factor)};
    return y;
}

static inline tm_complex tm_complex_product(tm_complex x, const int16_t *turn) {
    const tm_complex y = {tm_complex_rounded(x.real * turn[0] - x.imaginary * turn[1]),
                          tm_complex_rounded(x.real * turn[1] + x.imaginary * turn[0])};
    return y;
}

static inline tm_complex tm_complex_sum(tm_complex x, tm_complex y) {
    const tm_complex z = {(int16_t)(x.real + y.real), (int16_t)(x.imaginary + y.imaginary)};
    return z;
}

static inline tm_complex tm_complex_difference(tm_complex x, tm_complex y) {
    const tm_complex z = {(int16_t)(x.real - y.real), (int16_t)(x.imaginary - y.imaginary)};
    return z;
}

/* Where the i-th of size numbers stands before the first stage: its digits to the base of four, and
 * of two at last, turned round. */
static inline int32_t tm_fourier_place(int32_t i, int32_t size) {
    int32_t place = 0;
    for (int32_t left = size; left > 1;) {
        const int32_t parts = left % 4 == 0 ? 4 : 2;
        left /= parts;
        place += i % parts * left;
        i /= parts;
    }
    return place;
}

/* Transforms of one number become such of two. */
static inline void tm_fourier_by_2(tm_complex *numbers, int32_t size) {
    for (tm_complex *x = numbers; x < numbers + size; x += 2) {
        const tm_complex first = tm_complex_divided(x[0], 2), second = tm_complex_divided(x[1], 2);
        x[0] = tm_complex_sum(first, second);
        x[1] = tm_complex_difference(first, second);
    }
}

/* Transforms of done numbers become such of four times as many. */
static inline void tm_fourier_by_4(tm_complex *numbers, const int16_t *turns, int32_t done,
                                   int32_t size, int32_t way) {
    const int32_t step = 2 * (size / (4 * done));
    for (tm_complex *block = numbers; block < numbers + size; block += 4 * done) {
        for (int32_t i = 0; i < done; ++i) {
            tm_complex *const x = block + i;
            const tm_complex a = tm_complex_divided(x[0], 4);
            const tm_complex b =
                tm_complex_product(tm_complex_divided(x[done], 4), turns + i * step);
            const tm_complex c =
                tm_complex_product(tm_complex_divided(x[2 * done], 4), turns + 2 * i * step);
            const tm_complex d =
                tm_complex_product(tm_complex_divided(x[3 * done], 4), turns + 3 * i * step);
            const tm_complex even = tm_complex_sum(a, c), odd = tm_complex_sum(b, d);
            const tm_complex e = tm_complex_difference(a, c), f = tm_complex_difference(b, d);
            const tm_complex turned = {(int16_t)(-way * f.imaginary), (int16_t)(way * f.real)};
            x[0] = tm_complex_sum(even, odd);
            x[done] = tm_complex_sum(e, turned);
            x[2 * done] = tm_complex_difference(even, odd);
            x[3 * done] = tm_complex_difference(e, turned);
        }
    }
}

/* numbers (size), each where tm_fourier_place says, turns (size, 2): cosine and sine of each part
 * of a turn; size is a power of two. */
static inline void tm_fourier(tm_complex *numbers, const int16_t *turns, int32_t size,
                              int32_t way) {
    int32_t done = 1;
    for (int32_t rest = size; rest > 1; rest /= 4) {
        if (rest == 2) {
            tm_fourier_by_2(numbers, size);
            done = 2;
        }
    }
    for (; done < size; done *= 4) {
        tm_fourier_by_4(numbers, turns, done, size, way);
    }
}

#endif

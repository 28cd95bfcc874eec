/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_feature_power.h"

#include "tm_feature_turn.h"

/* shift is from 0 to 8; by words, as a shift of 64 bits by any number costs more. */
static inline uint64_t power(int32_t re, int32_t im, uint32_t half, int32_t shift) {
    const uint64_t sum = (uint64_t)((int64_t)re * re) + (uint64_t)((int64_t)im * im) + half;
    const uint32_t high = (uint32_t)(sum >> 32), low = (uint32_t)sum;
    return (uint64_t)(high >> shift) << 32 | (low >> shift | (high << 1) << (31 - shift));
}

static int32_t shift_of(int32_t fft) {
    int32_t shift = -16;
    for (; fft > 1; fft >>= 1) {
        shift += 2;
    }
    return shift;
}

/* Bins k and fft / 2 - k need each other's numbers and nobody else's. */
void tm_feature_power(const tm_feature_params *p, tm_feature_bin *bins) {
    const int32_t shift = shift_of(p->fft);
    const uint32_t half = (1u << shift) >> 1;
    tm_feature_bin *here = bins, *there = bins + p->fft / 2;
    *there = *here;
    for (int32_t k = 0; here <= there; k++, here++, there--) {
        const tm_feature_turn turn = tm_feature_turn_of(p->cosines, k, p->fft / 4);
        const int32_t c = turn.cosine, s = turn.sine;
        const int32_t even_re = here->z.re + there->z.re, even_im = here->z.im - there->z.im;
        const int32_t odd_re = here->z.re - there->z.re, odd_im = here->z.im + there->z.im;
        const int32_t x = tm_feature_sum(odd_im, c, -odd_re, s);
        const int32_t x_there = tm_feature_sum(odd_re, s, -odd_im, c);
        const int32_t y = tm_feature_sum(odd_re, c, odd_im, s);
        here->power = power(even_re + x, even_im - y, half, shift);
        there->power = power(even_re + x_there, even_im + y, half, shift);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_feature_fft.h"

#include "tm_feature_turn.h"

/* a and b become a + x + iy and a - x - iy. */
static inline void cross(tm_feature_bin *a, tm_feature_bin *b, int32_t x, int32_t y) {
    const int32_t re = a->z.re, im = a->z.im;
    b->z.re = re - x;
    b->z.im = im - y;
    a->z.re = re + x;
    a->z.im = im + y;
}

/* Where the turn is none. */
static inline void pass(tm_feature_bin *a, tm_feature_bin *b) {
    cross(a, b, tm_feature_times_one(b->z.re), tm_feature_times_one(b->z.im));
}

/* Where it is a quarter of a turn. */
static inline void quarter(tm_feature_bin *a, tm_feature_bin *b) {
    cross(a, b, tm_feature_times_one(b->z.im), tm_feature_times_minus_one(b->z.re));
}

void tm_feature_fft(const int16_t *cosines, int32_t size, tm_feature_bin *bins) {
    tm_feature_bin *const end = bins + size;
    for (tm_feature_bin *a = bins; a < end; a += 4) {
        pass(a, a + 1);
        pass(a + 2, a + 3);
        pass(a, a + 2);
        quarter(a + 1, a + 3);
    }
    for (int32_t half = 2; 2 * half < size; half *= 2) {
        const int32_t span = 2 * half, step = size / span;
        for (tm_feature_bin *a = bins; a < end; a += 2 * span) {
            pass(a, a + span);
            quarter(a + half, a + half + span);
        }
        for (int32_t k = 1; k < half; k++) {
            const tm_feature_turn turn = tm_feature_turn_of(cosines, k * step, size / 2);
            const int32_t c = turn.cosine, s = turn.sine;
            for (tm_feature_bin *a = bins + k; a < end; a += 2 * span) {
                const int32_t re = a[span].z.re, im = a[span].z.im;
                cross(a, a + span, tm_feature_sum(re, c, im, s), tm_feature_sum(im, c, -re, s));
            }
            /* The same and a quarter of a turn more. */
            for (tm_feature_bin *a = bins + k + half; a < end; a += 2 * span) {
                const int32_t re = a[span].z.re, im = a[span].z.im;
                cross(a, a + span, tm_feature_sum(im, c, -re, s), tm_feature_sum(-im, s, -re, c));
            }
        }
    }
}

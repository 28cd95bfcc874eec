/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_DOT_FOUR_S4_H
#define TM_DOT_FOUR_S4_H

#include <stdint.h>

#include "tm_nibbles.h"

/* Up to four rows of weights, and their sums. The last row stands for those that are missing. */
typedef struct {
    const int8_t *row[4];
    int32_t sum[4];
} tm_four_rows_s4;

/* Begins rows of bytes each, from 1 to 4; start is in each sum. */
static inline tm_four_rows_s4 tm_four_rows_s4_at(const int8_t *weights, int32_t bytes, int32_t rows,
                                                 int32_t start) {
    tm_four_rows_s4 r = {{weights, weights, weights, weights}, {start, start, start, start}};
    for (int32_t i = 1; i < 4; ++i) {
        r.row[i] = r.row[i - 1] + (i < rows ? bytes : 0);
    }
    return r;
}

/* Adds to the sums the products of x (length) with each row, length in pairs, the first one of each
 * in the low half; what is over in the last byte has no part in it. */
#ifdef __ARM_FEATURE_MVE

#include <arm_mve.h>

static inline int32_t tm_pairs_s4(int32_t sum, int8x16_t even, int8x16_t odd, int8x16_t pairs) {
    sum = vmladavaq_s8(sum, even, vshrq_n_s8(vshlq_n_s8(pairs, 4), 4));
    return vmladavaq_s8(sum, odd, vshrq_n_s8(pairs, 4));
}

static inline void tm_dot_four_s4(tm_four_rows_s4 *r, const int8_t *x, int32_t length) {
    const int8_t *w0 = r->row[0], *w1 = r->row[1], *w2 = r->row[2], *w3 = r->row[3];
    int32_t a = r->sum[0], b = r->sum[1], c = r->sum[2], d = r->sum[3];
    for (; length >= 32; length -= 32, x += 32, w0 += 16, w1 += 16, w2 += 16, w3 += 16) {
        const int8x16x2_t both = vld2q_s8(x);
        a = tm_pairs_s4(a, both.val[0], both.val[1], vldrbq_s8(w0));
        b = tm_pairs_s4(b, both.val[0], both.val[1], vldrbq_s8(w1));
        c = tm_pairs_s4(c, both.val[0], both.val[1], vldrbq_s8(w2));
        d = tm_pairs_s4(d, both.val[0], both.val[1], vldrbq_s8(w3));
    }
    if (length > 0) {
        const uint8x16_t places = vidupq_n_u8(0, 2);
        const mve_pred16_t lanes = vctp8q((uint32_t)tm_row_bytes_s4(length));
        const mve_pred16_t pairs = vctp8q((uint32_t)length / 2);
        const int8x16_t even = vldrbq_gather_offset_z_s8(x, places, lanes);
        const int8x16_t odd = vldrbq_gather_offset_z_s8(x + 1, places, pairs);
        a = tm_pairs_s4(a, even, odd, vldrbq_z_s8(w0, lanes));
        b = tm_pairs_s4(b, even, odd, vldrbq_z_s8(w1, lanes));
        c = tm_pairs_s4(c, even, odd, vldrbq_z_s8(w2, lanes));
        d = tm_pairs_s4(d, even, odd, vldrbq_z_s8(w3, lanes));
    }
    r->sum[0] = a;
    r->sum[1] = b;
    r->sum[2] = c;
    r->sum[3] = d;
}

#else

static inline void tm_dot_four_s4(tm_four_rows_s4 *r, const int8_t *x, int32_t length) {
    for (int32_t i = 0; i < length; ++i) {
        for (int32_t row = 0; row < 4; ++row) {
            const int8_t pair = r->row[row][i / 2];
            r->sum[row] += x[i] * (i % 2 == 0 ? tm_low_s4(pair) : tm_high_s4(pair));
        }
    }
}

#endif
#endif

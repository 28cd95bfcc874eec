/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums of eight neighbouring channels, each its own. */
#ifndef TM_SUMS_OF_EIGHT_H
#define TM_SUMS_OF_EIGHT_H

#include <stdint.h>

enum { TM_EIGHT = 8 };

#ifdef __ARM_FEATURE_MVE

#include <arm_mve.h>

typedef struct {
    int32x4_t even, odd; /* of the channels with even and with odd numbers */
} tm_sums_of_eight;

static inline tm_sums_of_eight tm_sums_start(int32_t start) {
    const tm_sums_of_eight sums = {vdupq_n_s32(start), vdupq_n_s32(start)};
    return sums;
}

static inline tm_sums_of_eight tm_sums_widened(tm_sums_of_eight sums, int16x8_t more) {
    sums.even = vaddq_s32(sums.even, vmovlbq_s16(more));
    sums.odd = vaddq_s32(sums.odd, vmovltq_s16(more));
    return sums;
}

/* Adds length pixels at in, in + step, ...; of each its first count channels, from 1 to 8. 16 bits
 * hold the sum of 256 pixels. */
static inline tm_sums_of_eight tm_sums_add(tm_sums_of_eight sums, const int8_t *in, int32_t step,
                                           int32_t length, int32_t count) {
    const mve_pred16_t lanes = vctp16q((uint32_t)count);
    while (length > 0) {
        const int32_t some = length < 256 ? length : 256;
        int16x8_t sum = vdupq_n_s16(0);
        if (count == TM_EIGHT) {
            for (int32_t i = some; i > 0; --i, in += step) {
                sum = vaddq_s16(sum, vldrbq_s16(in));
            }
        } else {
            for (int32_t i = some; i > 0; --i, in += step) {
                sum = vaddq_s16(sum, vldrbq_z_s16(in, lanes));
            }
        }
        sums = tm_sums_widened(sums, sum);
        length -= some;
    }
    return sums;
}

/* Writes the first count of what the sums became, which fits int8. */
static inline void tm_sums_write(tm_sums_of_eight sums, int8_t *out, int32_t count) {
    const int16x8_t all = vmovntq_s32(vreinterpretq_s16_s32(sums.even), sums.odd);
    if (count == TM_EIGHT) {
        vstrbq_s16(out, all);
    } else {
        vstrbq_p_s16(out, all, vctp16q((uint32_t)count));
    }
}

#else

typedef struct {
    int32_t each[TM_EIGHT];
} tm_sums_of_eight;

static inline tm_sums_of_eight tm_sums_start(int32_t start) {
    const tm_sums_of_eight sums = {{start, start, start, start, start, start, start, start}};
    return sums;
}

static inline tm_sums_of_eight tm_sums_add(tm_sums_of_eight sums, const int8_t *in, int32_t step,
                                           int32_t length, int32_t count) {
    for (; length > 0; --length, in += step) {
        for (int32_t i = 0; i < count; ++i) {
            sums.each[i] += in[i];
        }
    }
    return sums;
}

#endif
#endif

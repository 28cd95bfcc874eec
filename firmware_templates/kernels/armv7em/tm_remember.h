/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory of an SVDF's filter. */
#ifndef TM_REMEMBER_H
#define TM_REMEMBER_H

#include <stdint.h>

/* These let a row of the state forget its oldest number, and return its sum with the newest. */
static inline uint32_t tm_remember_s16(int16_t *row, const int16_t *times, int32_t memory,
                                       int32_t newest) {
    uint32_t sum = 0;
    int32_t i = 0;
#ifdef __ARM_FEATURE_DSP
    for (; i + 2 < memory; i += 2) {
        uint32_t next, weights;
        __builtin_memcpy(&next, row + i + 1, sizeof next);
        __builtin_memcpy(&weights, times + i, sizeof weights);
        __builtin_memcpy(row + i, &next, sizeof next);
        __asm("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(next), "r"(weights));
    }
#endif
    for (; i < memory; ++i) {
        row[i] = i + 1 < memory ? row[i + 1] : (int16_t)newest;
        sum += (uint32_t)(row[i] * times[i]);
    }
    return sum;
}

static inline uint32_t tm_remember_s8(int8_t *row, const int8_t *times, int32_t memory,
                                      int32_t newest) {
    uint32_t sum = 0;
    for (int32_t i = 0; i < memory; ++i) {
        row[i] = i + 1 < memory ? row[i + 1] : (int8_t)newest;
        sum += (uint32_t)(row[i] * times[i]);
    }
    return sum;
}

#endif

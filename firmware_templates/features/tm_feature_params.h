/* SPDX-License-Identifier: Apache-2.0
 *
 * How sound becomes features, in integers alone: docs/data.md has the definition of log-mel and
 * MFCC, step by step. Needs >> of a negative number to be arithmetic, as tm_requantize.h does. */
#ifndef TM_FEATURE_PARAMS_H
#define TM_FEATURE_PARAMS_H

#include <stdint.h>

typedef struct {
    int32_t window;         /* sound samples in a frame, at most fft */
    int32_t fft;            /* a power of two, from 256 to 4096 */
    int32_t bands;          /* of the mel scale */
    int32_t coefficients;   /* of MFCC; 0: log-mel */
    const int16_t *hann;    /* (window / 2 + 1), Q15: the rest is its mirror image */
    const int16_t *cosines; /* (fft / 4 + 1), Q15: a quarter of a turn */
    const int16_t *first;   /* (bands), the first bin of each triangle */
    const int16_t *count;   /* (bands), how many bins it has */
    const int16_t *mel;     /* the weights of all triangles, one after another, Q12 */
    const int16_t *dct;     /* (coefficients, bands), Q15; NULL for log-mel */
} tm_feature_params;

/* A bin of the spectrum: of the FFT's complex numbers first, then its power. */
typedef union {
    struct {
        int32_t re, im;
    } z;
    uint64_t power;
} tm_feature_bin;

#endif

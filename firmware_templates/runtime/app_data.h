/* SPDX-License-Identifier: Apache-2.0
 *
 * What the application mode runs on; the toolkit writes app_data.c. */
#ifndef TM_APP_DATA_H
#define TM_APP_DATA_H

#include <stdint.h>

typedef enum { TM_APP_NONE, TM_APP_SINE, TM_APP_SAMPLES, TM_APP_ANOMALIES } tm_app_kind;

typedef struct {
    tm_app_kind kind;
    uint32_t labels;          /* 0 where the outputs have no names */
    const char *const *label; /* (labels), UTF-8 */
    uint32_t samples;
    uint32_t sample_bytes;
    const int8_t *sample; /* (samples, sample_bytes) */
    const int16_t
        *expected;   /* (samples): the right label's index, or -1; null where none is known */
    float threshold; /* TM_APP_ANOMALIES: the error above which a sample has label 1, not 0 */
} tm_app_data;

extern const tm_app_data tm_app;

#endif

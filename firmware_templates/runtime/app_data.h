/* SPDX-License-Identifier: Apache-2.0
 *
 * What the application works on; the toolkit writes app_data.c. */
#ifndef TM_APP_DATA_H
#define TM_APP_DATA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t labels;          /* 0 where the outputs have no names */
    const char *const *label; /* (labels), UTF-8 */
    uint32_t samples;
    uint32_t sample_bytes;
    const int8_t *sample; /* (samples, sample_bytes) */
    const int16_t
        *expected;   /* (samples): the right label's index, or -1; null where none is known */
    float threshold; /* of anomalies: the error above which a sample has label 1, not 0 */
} tm_app_data;

extern const tm_app_data tm_app;

#ifdef __cplusplus
}
#endif

#endif

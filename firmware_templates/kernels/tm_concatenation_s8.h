/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_CONCATENATION_S8_H
#define TM_CONCATENATION_S8_H

#include <stdint.h>

/* The axes before the one that grows are one: rows; row_bytes is what each input adds to a row. */
typedef struct {
    int32_t rows, inputs;
    int32_t row_bytes[10];
} tm_concatenation_s8_params;

/* in<i> (rows, row_bytes[i]), null from inputs on; out (rows, the sum of row_bytes) */
void tm_concatenation_s8(const tm_concatenation_s8_params *p, const int8_t *in0, const int8_t *in1,
                         const int8_t *in2, const int8_t *in3, const int8_t *in4, const int8_t *in5,
                         const int8_t *in6, const int8_t *in7, const int8_t *in8, const int8_t *in9,
                         int8_t *out);

#endif

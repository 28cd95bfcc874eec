/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_ADD_N_S8_H
#define TM_ADD_N_S8_H

#include <stdint.h>

typedef struct {
    int32_t elements;
    int32_t inputs;            /* 2 to 10; the pointers beyond are not looked at */
    int32_t multiplier, shift; /* of a sum in steps of the inputs / 2^19 */
    int32_t output_zero_point;
} tm_add_n_s8_params;

/* Each input (elements), out (elements); out may be one of them. */
void tm_add_n_s8(const tm_add_n_s8_params *p, const int8_t *in0, const int8_t *in1,
                 const int8_t *in2, const int8_t *in3, const int8_t *in4, const int8_t *in5,
                 const int8_t *in6, const int8_t *in7, const int8_t *in8, const int8_t *in9,
                 int8_t *out);

#endif

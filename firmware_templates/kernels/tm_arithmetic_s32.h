/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_ARITHMETIC_S32_H
#define TM_ARITHMETIC_S32_H

#include <stdint.h>

enum {
    TM_ARITHMETIC_ADD,
    TM_ARITHMETIC_SUB,
    TM_ARITHMETIC_MUL,
    TM_ARITHMETIC_DIV, /* towards 0; right is neither 0 nor -1 */
    TM_ARITHMETIC_MINIMUM,
    TM_ARITHMETIC_MAXIMUM,
    TM_ARITHMETIC_SQUARED_DIFFERENCE
};

typedef struct {
    int32_t function;    /* TM_ARITHMETIC_... */
    int32_t least, most; /* to which the results are held */
} tm_arithmetic_s32_params;

/* left, right: any shapes that broadcast to out's; plan: see tm_broadcast.h. Numbers that are not
 * quantized; results go round at 32 bits. */
void tm_arithmetic_s32(const tm_arithmetic_s32_params *p, const int32_t *left, const int32_t *right,
                       const int32_t *plan, int32_t *out);

#endif

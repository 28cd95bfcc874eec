/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_PRODUCT_S8_H
#define TM_PRODUCT_S8_H

#include <stdint.h>

#include "tm_product_fours_s8.h"

typedef struct {
    int32_t left_zero_point, right_zero_point;
    int32_t multiplier, rounding, shift; /* of tm_product */
    int32_t least, most;
} tm_product_s8_params;

/* left, right: any shapes that broadcast to out's; plan: see tm_broadcast.h. Goes through out in
 * order, four elements at a time: their inputs are read before they are written. */
void tm_product_s8(const tm_product_s8_params *p, const int8_t *left, const int8_t *right,
                   const int32_t *plan, int8_t *out);

#endif

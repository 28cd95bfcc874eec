/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_PRODUCT_S16_H
#define TM_PRODUCT_S16_H

#include "tm_product_twos_s16.h"

typedef struct {
    tm_product_wide scale;
    int32_t least, most;
} tm_product_s16_params;

/* left, right: any shapes that broadcast to out's; plan: see tm_broadcast.h. Goes through out in
 * order, two elements at a time: their inputs are read before they are written. */
void tm_product_s16(const tm_product_s16_params *p, const int16_t *left, const int16_t *right,
                    const int32_t *plan, int16_t *out);

#endif

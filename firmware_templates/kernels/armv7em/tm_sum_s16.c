/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_sum_s16.h"

#include "tm_little.h"
#include "tm_twos_s16.h"

static TM_LITTLE void twos(const void *t, const int16_t *x, const int16_t *y, int32_t count,
                           int16_t *out) {
    tm_sum_twos_s16(t, x, y, count, out);
}

TM_LITTLE void tm_sum_s16(const tm_sum_s16_params *p, const int16_t *left, const int16_t *right,
                          const int32_t *plan, int16_t *out) {
    tm_twos_s16(twos, &p->scale, left, right, plan, p->least, p->most, out);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_mean_small_s8.h"

#include "tm_little.h"
#include "tm_requantize.h"

TM_LITTLE void tm_mean_small_s8(const tm_mean_small_s8_params *p, const int8_t *in, int8_t *out) {
    const int32_t step = p->gone_step;
    for (int32_t kept = p->kept; kept > 0; --kept, in += p->kept_step) {
        const int8_t *from = in;
        int32_t sum = p->start, gone = p->gone;
        do {
            sum += *from;
            from += step;
        } while (--gone != 0);
        sum = tm_requantize(sum, p->multiplier, p->shift) + p->zero_point;
        *out++ = (int8_t)tm_clamp(sum, INT8_MIN, INT8_MAX);
    }
}

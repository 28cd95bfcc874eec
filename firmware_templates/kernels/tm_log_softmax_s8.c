/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_log_softmax_s8.h"

#include "tm_logarithm.h"
#include "tm_requantize.h"

/* From Q5 to steps of 1/16. */
#define OUTPUT_SHIFT 22

static int32_t maximum(const int8_t *in, int32_t depth) {
    int32_t most = INT8_MIN;
    for (int32_t i = 0; i < depth; ++i) {
        most = in[i] > most ? in[i] : most;
    }
    return most;
}

static int32_t log_of_sum(const tm_log_softmax_s8_params *p, const int8_t *in, int32_t most,
                          const int32_t *exp) {
    int32_t sum = 0;
    for (int32_t i = 0; i < p->depth; ++i) {
        sum += most - in[i] < p->entries ? exp[most - in[i]] : 0;
    }
    return tm_log_q12(sum);
}

void tm_log_softmax_s8(const tm_log_softmax_s8_params *p, const int8_t *in, const int32_t *exp,
                       int8_t *out) {
    for (int32_t row = p->rows; row > 0; --row) {
        const int32_t most = maximum(in, p->depth);
        const int32_t log = log_of_sum(p, in, most, exp);
        const int32_t reversed =
            tm_requantize(log + INT32_MIN, p->reverse_multiplier, p->reverse_shift);
        const int32_t least =
            reversed > p->least_difference - 1 ? reversed : p->least_difference - 1;
        for (int32_t i = 0; i < p->depth; ++i) {
            const int32_t difference = in[i] - most;
            int32_t y = INT8_MIN;
            if (difference > least) {
                const int32_t x = tm_requantize(difference, p->multiplier, p->shift) - log;
                y = tm_rounding_shift_right(x, OUTPUT_SHIFT) + 127;
            }
            out[i] = (int8_t)tm_clamp(y, -128, 127);
        }
        in += p->depth;
        out += p->depth;
    }
}

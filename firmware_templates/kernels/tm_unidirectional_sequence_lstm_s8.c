/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_unidirectional_sequence_lstm_s8.h"

#include "tm_dot_s8.h"
#include "tm_memory.h"

typedef struct {
    const int8_t *weights, *recurrent;
    const int32_t *bias, *recurrent_bias;
    const uint16_t *sigmoid;
} tables;

static int32_t to_s16(int32_t x) { return tm_clamp(x, INT16_MIN, INT16_MAX); }

/* What a cell's gate takes the sigmoid or tanh of, in steps of 2^-12. */
static int32_t gate(const tm_unidirectional_sequence_lstm_s8_params *p, const tables *t,
                    int32_t which, int32_t unit, const int8_t *in, const int8_t *hidden) {
    const int32_t row = which * p->cells + unit;
    int32_t own = t->bias[row], past = t->recurrent_bias[row];
    tm_dot_s8(&own, in, t->weights + row * p->in_len, p->in_len);
    tm_dot_s8(&past, hidden, t->recurrent + row * p->cells, p->cells);
    return to_s16(
        to_s16(tm_requantize(own, p->in_multiplier[which], p->in_shift[which])) +
        to_s16(tm_requantize(past, p->recurrent_multiplier[which], p->recurrent_shift[which])));
}

/* A cell's state as tm_tanh takes it: three times as many steps, of 2^-12. */
static int32_t cell_steps(int32_t cell, int32_t shift) {
    const int32_t right = shift - 12;
    return right > 0 ? (3 * cell + (1 << (right - 1))) >> right : 3 * cell * (1 << -right);
}

static void step(const tm_unidirectional_sequence_lstm_s8_params *p, const tables *t,
                 const int8_t *in, int8_t *hidden, int16_t *cell, int8_t *out) {
    const int32_t one = 1 << 30;
    for (int32_t unit = 0; unit < p->cells; ++unit) {
        const int32_t enter = tm_sigmoid(t->sigmoid, 3 * gate(p, t, 0, unit, in, hidden));
        const int32_t keep = tm_sigmoid(t->sigmoid, 3 * gate(p, t, 1, unit, in, hidden));
        const int32_t fresh = tm_tanh(t->sigmoid, 3 * gate(p, t, 2, unit, in, hidden));
        const int32_t leave = tm_sigmoid(t->sigmoid, 3 * gate(p, t, 3, unit, in, hidden));
        const int32_t kept = to_s16(tm_requantize(keep * cell[unit], one, -14));
        const int32_t added = to_s16(tm_requantize(enter * fresh, one, p->cell_shift - 29));
        const int32_t now = tm_clamp(kept + added, p->cell_least, p->cell_most);
        cell[unit] = (int16_t)now;
        const int32_t shown = tm_tanh(t->sigmoid, cell_steps(now, p->cell_shift));
        out[unit] = (int8_t)tm_clamp(tm_requantize(leave * shown, p->out_multiplier, p->out_shift) +
                                         p->zero_point,
                                     INT8_MIN, INT8_MAX);
    }
    memcpy(hidden, out, (size_t)p->cells);
}

void tm_unidirectional_sequence_lstm_s8(const tm_unidirectional_sequence_lstm_s8_params *p,
                                        const int8_t *in, const int8_t *weights,
                                        const int32_t *bias, const int8_t *recurrent,
                                        const int32_t *recurrent_bias, const uint16_t *sigmoid,
                                        int8_t *hidden, int16_t *cell, int8_t *out) {
    const tables t = {weights, recurrent, bias, recurrent_bias, sigmoid};
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t time = 0; time < p->times; ++time) {
            const int32_t row = batch * p->batch_step + time * p->time_step;
            step(p, &t, in + row * p->in_len, hidden + batch * p->cells, cell + batch * p->cells,
                 out + row * p->cells);
        }
    }
}

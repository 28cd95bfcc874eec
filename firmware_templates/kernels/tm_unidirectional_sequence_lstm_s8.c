/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_unidirectional_sequence_lstm_s8.h"

#include "tm_dot_four_s8.h"
#include "tm_memory.h"

typedef struct {
    const int8_t *weights, *recurrent;
    const int32_t *bias, *recurrent_bias;
    const uint16_t *sigmoid;
} tables;

static int32_t to_s16(int32_t x) { return tm_clamp(x, INT16_MIN, INT16_MAX); }

/* x times a scale that is mostly less than one half: one branch, where a compiler would compute
 * both. */
static int32_t to_steps(int32_t x, int32_t multiplier, int32_t shift) {
    if (__builtin_expect(shift < 0, 1)) {
        return to_s16(tm_rounding_shift_right(tm_high_mul(x, multiplier), -shift));
    }
    return to_s16(tm_requantize(x, multiplier, shift));
}

/* x / 2^bits as TFLM has it: tm_requantize with a multiplier of one half. */
static int32_t shifted(int32_t x, int32_t bits) {
    return tm_rounding_shift_right((x + 1) >> 1, bits - 1);
}

/* What a cell's gates take the sigmoid or tanh of, as tm_sigmoid and tm_tanh have it. */
static void sum_gates(const tm_unidirectional_sequence_lstm_s8_params *p, const tables *t,
                      int32_t unit, const int8_t *in, const int8_t *hidden, int32_t *steps) {
    int32_t own[4], past[4];
    for (int32_t i = 0; i < 4; ++i) {
        own[i] = t->bias[4 * unit + i];
        past[i] = t->recurrent_bias[4 * unit + i];
    }
    tm_dot_four_s8(own, in, t->weights + 4 * unit * p->in_len, p->in_len);
    tm_dot_four_s8(past, hidden, t->recurrent + 4 * unit * p->cells, p->cells);
    for (int32_t i = 0; i < 4; ++i) {
        const int32_t now = to_steps(own[i], p->in_multiplier[i], p->in_shift[i]);
        const int32_t then = to_steps(past[i], p->recurrent_multiplier[i], p->recurrent_shift[i]);
        steps[i] = 3 * to_s16(now + then);
    }
}

/* A cell's state as tm_tanh takes it: three times as many steps, of 2^-12. */
static int32_t cell_steps(int32_t cell, int32_t shift) {
    const int32_t right = shift - 12;
    return right > 0 ? (3 * cell + (1 << (right - 1))) >> right : 3 * cell * (1 << -right);
}

static void step(const tm_unidirectional_sequence_lstm_s8_params *p, const tables *t,
                 const int8_t *in, int8_t *hidden, int16_t *cell, int8_t *out) {
    for (int32_t unit = 0; unit < p->cells; ++unit) {
        int32_t gates[4];
        sum_gates(p, t, unit, in, hidden, gates);
        const int32_t enter = tm_sigmoid(t->sigmoid, gates[0]);
        const int32_t keep = tm_sigmoid(t->sigmoid, gates[1]);
        const int32_t fresh = tm_tanh(t->sigmoid, gates[2]);
        const int32_t leave = tm_sigmoid(t->sigmoid, gates[3]);
        const int32_t kept = to_s16(shifted(keep * cell[unit], 15));
        const int32_t added = to_s16(shifted(enter * fresh, 30 - p->cell_shift));
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

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_UNIDIRECTIONAL_SEQUENCE_LSTM_S8_H
#define TM_UNIDIRECTIONAL_SEQUENCE_LSTM_S8_H

#include <stdint.h>

#include "tm_requantize.h"
#include "tm_sigmoid_table.h"

/* Gates are in the order input, forget, cell, output. A step is from one row of in or out, which
 * have as many rows, to the next. */
typedef struct {
    int32_t batches, times;
    int32_t in_len, cells;
    int32_t batch_step, time_step;
    int32_t in_multiplier[4], in_shift[4];
    int32_t recurrent_multiplier[4], recurrent_shift[4];
    int32_t cell_shift; /* the cell state is in steps of 2^-cell_shift */
    int32_t cell_most;  /* and is held between -cell_most and cell_most, or int16's limits */
    int32_t cell_least;
    int32_t out_multiplier, out_shift, zero_point;
} tm_unidirectional_sequence_lstm_s8_params;

/* in (rows, in_len), weights (cells, 4, in_len), bias (cells, 4), recurrent (cells, 4, cells),
 * recurrent_bias (cells, 4), sigmoid (TM_SIGMOID_ENTRIES), hidden and cell (batches, cells) which
 * are kept for the next call, out (rows, cells). Biases hold what the zero points add, too. */
void tm_unidirectional_sequence_lstm_s8(const tm_unidirectional_sequence_lstm_s8_params *p,
                                        const int8_t *in, const int8_t *weights,
                                        const int32_t *bias, const int8_t *recurrent,
                                        const int32_t *recurrent_bias, const uint16_t *sigmoid,
                                        int8_t *hidden, int16_t *cell, int8_t *out);

#endif

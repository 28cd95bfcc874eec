/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_fully_connected_rows_s16.h"

#include "tm_hold_s16.h"
#include "tm_little.h"

TM_LITTLE void tm_fully_connected_rows_s16(const tm_fully_connected_rows_s16_params *p,
                                           const int16_t *in, const int32_t *table, int16_t *out) {
    const tm_row_wide *const row = &p->row;
    for (int32_t n = 0; n < p->batches; ++n) {
        const int32_t batch = p->from_end ? p->batches - 1 - n : n;
        int16_t *const to = out + batch * row->out_len;
        tm_row_s16(row, in + batch * row->in_len, table, to);
        tm_hold_wide(to, row->out_len, row->least, p->most);
    }
}

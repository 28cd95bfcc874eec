/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_fully_connected_rows_s8.h"

#include "tm_hold_s8.h"
#include "tm_little.h"

TM_LITTLE void tm_fully_connected_rows_s8(const tm_fully_connected_rows_s8_params *p,
                                          const int8_t *in, const int32_t *weights,
                                          const int32_t *scales, int8_t *out) {
    const int32_t in_len = 4 * p->row.fours + p->row.rest, out_len = p->row.out_count;
    for (int32_t done = 0; done < p->batches; ++done) {
        const int32_t batch = p->from_end ? p->batches - 1 - done : done;
        int8_t *const to = out + batch * out_len;
        tm_row_s8(&p->row, in + batch * in_len, weights, scales, to);
        tm_hold(to, out_len, p->least, p->most);
    }
}

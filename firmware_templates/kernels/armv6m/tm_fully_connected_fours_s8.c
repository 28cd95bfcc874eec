/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_fully_connected_fours_s8.h"

#include "tm_hold_s8.h"

void tm_fully_connected_fours_s8(const tm_fully_connected_fours_s8_params *p, const int8_t *in,
                                 const int32_t *weights, int8_t *out) {
    const int32_t out_len = p->row.out_count;
    for (int32_t done = 0; done < p->batches; ++done) {
        const int32_t batch = p->from_end ? p->batches - 1 - done : done;
        int8_t *const to = out + batch * out_len;
        tm_row_fours_s8(&p->row, in + batch * p->row.inputs, weights, to);
        tm_hold_s8(to, out_len, p->least, p->most);
    }
}

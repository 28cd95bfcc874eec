/* SPDX-License-Identifier: Apache-2.0
 *
 * The twin of tm_spread.S, for computers to run. */
#include "tm_spread.h"

void tm_spread(const tm_spread_params *p, const int32_t *words, int32_t *x) {
    for (int32_t rows = p->rows; rows > 0; rows -= 2, words += p->next) {
        const int32_t each = rows == 1 ? 2 : 1;
        for (int32_t run = 0; run < p->runs; ++run, words += p->between) {
            for (int32_t tap = 0; tap < p->taps; tap += each) {
                for (int32_t pixel = 0; pixel < 4; ++pixel) {
                    *x++ = words[tap + pixel * p->step];
                }
            }
        }
    }
}

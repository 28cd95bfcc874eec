/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_stream_count.h"

void tm_stream_count(const tm_stream_count_params *p, int32_t *count) {
    if (*count < p->most) {
        ++*count;
    }
}

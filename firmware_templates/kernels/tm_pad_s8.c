/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_pad_s8.h"

#include "tm_memory.h"

/* Copies the rows of axes 2 and 3; to is at the first element of the row before them. */
static const int8_t *copy_plane(const tm_pad_s8_params *p, const int8_t *in, int8_t *to) {
    for (int32_t i = 0; i < p->in[2]; ++i) {
        for (int32_t j = 0; j < p->in[3]; ++j) {
            const int32_t row = (i + p->before[2]) * p->out[3] + j + p->before[3];
            memcpy(to + row * p->out[4] + p->before[4], in, (size_t)p->in[4]);
            in += p->in[4];
        }
    }
    return in;
}

void tm_pad_s8(const tm_pad_s8_params *p, const int8_t *in, int8_t *out) {
    const int32_t plane = p->out[2] * p->out[3] * p->out[4];
    memset(out, (int)p->value, (size_t)(p->out[0] * p->out[1] * plane));
    for (int32_t i = 0; i < p->in[0]; ++i) {
        for (int32_t j = 0; j < p->in[1]; ++j) {
            const int32_t place = (i + p->before[0]) * p->out[1] + j + p->before[1];
            in = copy_plane(p, in, out + place * plane);
        }
    }
}

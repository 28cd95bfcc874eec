/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_resize_bilinear_s8.h"

/* The two neighbours of a place along one axis, and what they count, in 1/1024. */
typedef struct {
    int32_t low, high;
    int32_t low_weight, high_weight;
} neighbours;

static neighbours find(int32_t place, int32_t size) {
    neighbours n;
    n.low = place < 0 ? 0 : place / 1024;
    n.high = (place + 1023) / 1024;
    n.high = n.high < size ? n.high : size - 1;
    n.high_weight = place - 1024 * n.low;
    n.low_weight = 1024 - n.high_weight;
    return n;
}

static void blend(const int8_t *top, const int8_t *bottom, const neighbours *y, const neighbours *x,
                  int32_t channels, int8_t *out) {
    const int32_t left = x->low * channels;
    const int32_t right = x->high * channels;
    for (int32_t c = 0; c < channels; ++c) {
        const int32_t above = top[left + c] * x->low_weight + top[right + c] * x->high_weight;
        const int32_t below = bottom[left + c] * x->low_weight + bottom[right + c] * x->high_weight;
        const int32_t sum = above * y->low_weight + below * y->high_weight;
        out[c] = (int8_t)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
    }
}

void tm_resize_bilinear_s8(const tm_resize_bilinear_s8_params *p, const int8_t *in, int8_t *out) {
    const int32_t row = p->in_w * p->channels;
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t i = 0; i < p->out_h; ++i) {
            const neighbours y = find(p->start_y + i * p->step_y, p->in_h);
            for (int32_t j = 0; j < p->out_w; ++j) {
                const neighbours x = find(p->start_x + j * p->step_x, p->in_w);
                blend(in + y.low * row, in + y.high * row, &y, &x, p->channels, out);
                out += p->channels;
            }
        }
        in += p->in_h * row;
    }
}

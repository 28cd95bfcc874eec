/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_max_pool_2d_s8.h"

#include "tm_pool_walk.h"

/* Four bytes, the greatest of both words' in each place. */
static uint32_t greater_of(uint32_t one, uint32_t other) {
#ifdef __ARM_FEATURE_DSP
    uint32_t spare;
    __asm("ssub8 %1, %0, %2\n\t"
          "sel %0, %0, %2"
          : "+r"(one), "=&r"(spare)
          : "r"(other)
          : "cc");
    return one;
#else
    uint32_t result = 0;
    for (int32_t shift = 0; shift < 32; shift += 8) {
        const int8_t x = (int8_t)(one >> shift), y = (int8_t)(other >> shift);
        result |= (uint32_t)(uint8_t)(x > y ? x : y) << shift;
    }
    return result;
#endif
}

static uint32_t four_of(int32_t value) { return (uint32_t)(value & 0xFF) * 0x01010101u; }

/* What all pools of a layer share. */
typedef struct {
    int32_t row_step, step;
    uint32_t least, inverse_most; /* each four times */
} limits;

static uint32_t greatest_fours(const limits *l, const tm_pool *pool, const int8_t *row) {
    uint32_t greatest = l->least;
    for (int32_t y = pool->height; y > 0; --y, row += l->row_step) {
        const int8_t *in = row;
        for (int32_t x = pool->width; x > 0; --x, in += l->step) {
            uint32_t four;
            __builtin_memcpy(&four, in, sizeof four);
            greatest = greater_of(greatest, four);
        }
    }
    return ~greater_of(~greatest, l->inverse_most);
}

static int8_t greatest_of_one(const tm_max_pool_2d_s8_params *p, const tm_pool *pool,
                              int32_t channel) {
    int32_t greatest = p->least;
    for (int32_t y = 0; y < pool->height; ++y) {
        const int8_t *in = pool->first + y * p->window.in_w * p->window.in_c + channel;
        for (int32_t x = pool->width; x > 0; --x, in += p->window.in_c) {
            greatest = *in > greatest ? *in : greatest;
        }
    }
    return (int8_t)(greatest < p->most ? greatest : p->most);
}

/* Fours of channels, of which the last one may stand over the one before: so it is read first. */
static void one_pixel(const tm_max_pool_2d_s8_params *p, const limits *all, const tm_pool *pool,
                      int8_t *out) {
    const int32_t last = p->window.in_c - 4;
    if (last < 0) {
        for (int32_t channel = 0; channel < p->window.in_c; ++channel) {
            out[channel] = greatest_of_one(p, pool, channel);
        }
        return;
    }
    const uint32_t end = greatest_fours(all, pool, pool->first + last);
    for (int32_t channel = 0; channel < last; channel += 4) {
        const uint32_t four = greatest_fours(all, pool, pool->first + channel);
        __builtin_memcpy(out + channel, &four, sizeof four);
    }
    __builtin_memcpy(out + last, &end, sizeof end);
}

void tm_max_pool_2d_s8(const tm_max_pool_2d_s8_params *p, const int8_t *in, int8_t *out) {
    const tm_window *const w = &p->window;
    const limits all = {w->in_w * w->in_c, w->in_c, four_of(p->least), four_of(~p->most)};
    tm_pool_walk walk = tm_first_pool(w, in, out);
    for (int32_t left = tm_pixel_count(w); left > 0; --left, tm_next_pool(&walk)) {
        const tm_pool pool = tm_pool_at(w, walk.at.in, walk.at.y, walk.at.x);
        one_pixel(p, &all, &pool, walk.at.out);
    }
}

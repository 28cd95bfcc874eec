/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_max_pool_2d_s16.h"

/* Two numbers, the greater of both words' in each place. */
static uint32_t greater_of(uint32_t one, uint32_t other) {
#ifdef __ARM_FEATURE_DSP
    uint32_t spare;
    __asm("ssub16 %1, %0, %2\n\t"
          "sel %0, %0, %2"
          : "+r"(one), "=&r"(spare)
          : "r"(other)
          : "cc");
    return one;
#else
    const int16_t low[2] = {(int16_t)one, (int16_t)other};
    const int16_t high[2] = {(int16_t)(one >> 16), (int16_t)(other >> 16)};
    const int16_t greater[2] = {low[0] > low[1] ? low[0] : low[1],
                                high[0] > high[1] ? high[0] : high[1]};
    return (uint32_t)(uint16_t)greater[0] | (uint32_t)(uint16_t)greater[1] << 16;
#endif
}

static uint32_t two_of(int32_t value) { return (uint32_t)(value & 0xFFFF) * 0x10001u; }

/* What all pools of a layer share. */
typedef struct {
    int32_t row_step, step;
    uint32_t least, inverse_most; /* each twice */
} limits;

static void greatest_fours(const limits *l, const tm_pool *pool, const int8_t *row, int8_t *out) {
    uint32_t greatest[2] = {l->least, l->least};
    for (int32_t y = pool->height; y > 0; --y, row += l->row_step) {
        const int8_t *in = row;
        for (int32_t x = pool->width; x > 0; --x, in += l->step) {
            uint32_t two[2];
            __builtin_memcpy(&two[0], in, sizeof two[0]);
            __builtin_memcpy(&two[1], in + 4, sizeof two[1]);
            greatest[0] = greater_of(greatest[0], two[0]);
            greatest[1] = greater_of(greatest[1], two[1]);
        }
    }
    for (int32_t i = 0; i < 2; ++i) {
        const uint32_t two = ~greater_of(~greatest[i], l->inverse_most);
        __builtin_memcpy(out + 4 * i, &two, sizeof two);
    }
}

static int16_t greatest_of_one(const tm_max_pool_2d_s16_params *p, const tm_pool *pool,
                               const int8_t *row) {
    int32_t greatest = p->least;
    for (int32_t y = pool->height; y > 0; --y, row += p->window.in_w * p->window.in_c) {
        const int8_t *in = row;
        for (int32_t x = pool->width; x > 0; --x, in += p->window.in_c) {
            const int32_t value = *(const int16_t *)(const void *)in;
            greatest = value > greatest ? value : greatest;
        }
    }
    return (int16_t)(greatest < p->most ? greatest : p->most);
}

static void one_pixel(const tm_max_pool_2d_s16_params *p, const tm_pool *pool, int8_t *out) {
    const tm_window *const w = &p->window;
    const limits all = {w->in_w * w->in_c, w->in_c, two_of(p->least), two_of(~p->most)};
    int32_t place = 0;
    for (; place + 8 <= w->in_c; place += 8) {
        greatest_fours(&all, pool, pool->first + place, out + place);
    }
    for (; place < w->in_c; place += 2) {
        *(int16_t *)(void *)(out + place) = greatest_of_one(p, pool, pool->first + place);
    }
}

void tm_max_pool_2d_s16(const tm_max_pool_2d_s16_params *p, const int16_t *in, int16_t *out) {
    const tm_window *const w = &p->window;
    const int32_t pixels = tm_pixel_count(w);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel at = tm_pixel_after(w, n, (const int8_t *)in, (int8_t *)out);
        const tm_pool pool = tm_pool_at(w, at.in, at.y, at.x);
        one_pixel(p, &pool, at.out);
    }
}

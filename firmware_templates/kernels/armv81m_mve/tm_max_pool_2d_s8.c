/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_max_pool_2d_s8.h"

enum { SIXTEEN = 16 };

/* The greatest of each of count channels under a pool, from its first channel at in on; count is
 * from 1 to 16. */
#ifdef __ARM_FEATURE_MVE

#include <arm_mve.h>

/* load is that of a tap into q0. */
#define GREATEST(load)                                                                             \
    __asm volatile(                                                                                \
        "vctp.8 %[count]\n\t"                                                                      \
        "3:\n\t"                                                                                   \
        "dls lr, %[width]\n\t"                                                                     \
        "1:\n\t" load "add %[in], %[in], %[step]\n\t"                                              \
        "vmax.s8 %q[most], %q[most], q0\n\t"                                                       \
        "le lr, 1b\n\t"                                                                            \
        "add %[in], %[in], %[next]\n\t"                                                            \
        "subs %[rows], %[rows], #1\n\t"                                                            \
        "bne 3b"                                                                                   \
        : [in] "+r"(in), [rows] "+r"(rows), [most] "+w"(most)                                      \
        : [width] "r"(pool->width), [step] "r"(step), [next] "r"(next), [count] "r"(count)         \
        : "lr", "d0", "d1", "memory", "cc")

static void greatest(const tm_max_pool_2d_s8_params *p, const tm_pool *pool, const int8_t *in,
                     int32_t count, int8_t *out) {
    const int32_t step = p->window.in_c, next = (p->window.in_w - pool->width) * step;
    int32_t rows = pool->height;
    int8x16_t most = vdupq_n_s8((int8_t)p->least);
    const int8x16_t limit = vdupq_n_s8((int8_t)p->most);
    if (count == SIXTEEN) {
        GREATEST("vldrb.u8 q0, [%[in]]\n\t");
        vstrbq_s8(out, vminq_s8(most, limit));
    } else {
        GREATEST("vpst\n\t"
                 "vldrbt.u8 q0, [%[in]]\n\t");
        vstrbq_p_s8(out, vminq_s8(most, limit), vctp8q((uint32_t)count));
    }
}

#else

static void greatest(const tm_max_pool_2d_s8_params *p, const tm_pool *pool, const int8_t *in,
                     int32_t count, int8_t *out) {
    const int32_t step = p->window.in_c, row_step = p->window.in_w * step;
    for (int32_t i = 0; i < count; ++i) {
        int32_t most = p->least;
        for (int32_t y = 0; y < pool->height; ++y) {
            for (int32_t x = 0; x < pool->width; ++x) {
                const int32_t value = in[y * row_step + x * step + i];
                most = value > most ? value : most;
            }
        }
        out[i] = (int8_t)(most < p->most ? most : p->most);
    }
}

#endif

void tm_max_pool_2d_s8(const tm_max_pool_2d_s8_params *p, const int8_t *in, int8_t *out) {
    const tm_window *const w = &p->window;
    const int32_t pixels = tm_pixel_count(w);
    for (int32_t n = 0; n < pixels; ++n) {
        const tm_pixel at = tm_pixel_after(w, n, in, out);
        const tm_pool pool = tm_pool_at(w, at.in, at.y, at.x);
        for (int32_t channel = 0; channel < w->in_c; channel += SIXTEEN) {
            const int32_t left = w->in_c - channel, count = left < SIXTEEN ? left : SIXTEEN;
            greatest(p, &pool, pool.first + channel, count, at.out + channel);
        }
    }
}

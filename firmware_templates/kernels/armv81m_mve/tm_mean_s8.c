/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_mean_s8.h"

#include "tm_lanes.h"
#include "tm_requantize.h"
#include "tm_sums_of_eight.h"

static int8_t scaled(const tm_mean_s8_params *p, int32_t sum) {
    const int32_t mean = tm_requantize(sum, p->multiplier, p->shift) + p->zero_point;
    return (int8_t)tm_clamp(mean, -128, 127);
}

#ifdef __ARM_FEATURE_MVE

static void write_means(const tm_mean_s8_params *p, tm_sums_of_eight sums, int8_t *out,
                        int32_t count) {
    const int32x4_t even = tm_lanes_scaled(sums.even, p->multiplier, p->shift);
    const int32x4_t odd = tm_lanes_scaled(sums.odd, p->multiplier, p->shift);
    sums.even = tm_lanes_held(even, p->zero_point, -128, 127);
    sums.odd = tm_lanes_held(odd, p->zero_point, -128, 127);
    tm_sums_write(sums, out, count);
}

/* The sum of what stands side by side; VADDVA adds to an even register (constraint Te). */
static int32_t sum_of_row(int32_t sum, const int8_t *in, int32_t length) {
    __asm volatile("wlstp.8 lr, %[length], 2f\n\t"
                   "1:\n\t"
                   "vldrb.s8 q0, [%[in]], #16\n\t"
                   "vaddva.s8 %[sum], q0\n\t"
                   "letp lr, 1b\n\t"
                   "2:"
                   : [sum] "+Te"(sum), [in] "+r"(in)
                   : [length] "r"(length)
                   : "lr", "d0", "d1", "memory");
    return sum;
}

#else

static void write_means(const tm_mean_s8_params *p, tm_sums_of_eight sums, int8_t *out,
                        int32_t count) {
    for (int32_t i = 0; i < count; ++i) {
        out[i] = scaled(p, sums.each[i]);
    }
}

static int32_t sum_of_row(int32_t sum, const int8_t *in, int32_t length) {
    for (; length > 0; --length) {
        sum += *in++;
    }
    return sum;
}

#endif

static tm_sums_of_eight sums_at(const tm_mean_s8_params *p, const int8_t *in, int32_t count) {
    tm_sums_of_eight sums = tm_sums_start(p->start);
    for (int32_t i = 0; i < p->gone[0]; ++i) {
        for (int32_t j = 0; j < p->gone[1]; ++j) {
            const int8_t *const from = in + i * p->gone_step[0] + j * p->gone_step[1];
            sums = tm_sums_add(sums, from, p->gone_step[2], p->gone[2], count);
        }
    }
    return sums;
}

static int32_t sum_at(const tm_mean_s8_params *p, const int8_t *in) {
    int32_t sum = p->start;
    for (int32_t i = 0; i < p->gone[0]; ++i) {
        for (int32_t j = 0; j < p->gone[1]; ++j) {
            sum = sum_of_row(sum, in + i * p->gone_step[0] + j * p->gone_step[1], p->gone[2]);
        }
    }
    return sum;
}

/* The innermost axis that stays; either that or the innermost one that goes is the input's last,
 * whose numbers stand side by side. */
static void one_row(const tm_mean_s8_params *p, const int8_t *in, int8_t *out) {
    const int32_t kept = p->kept[2], step = p->kept_step[2];
    if (p->gone_step[2] == 1) {
        for (int32_t k = 0; k < kept; ++k) {
            out[k] = scaled(p, sum_at(p, in + k * step));
        }
        return;
    }
    for (int32_t k = 0; k < kept; k += TM_EIGHT) {
        const int32_t count = kept - k < TM_EIGHT ? kept - k : TM_EIGHT;
        write_means(p, sums_at(p, in + k, count), out + k, count);
    }
}

void tm_mean_s8(const tm_mean_s8_params *p, const int8_t *in, int8_t *out) {
    for (int32_t i = 0; i < p->kept[0]; ++i) {
        for (int32_t j = 0; j < p->kept[1]; ++j) {
            one_row(p, in + i * p->kept_step[0] + j * p->kept_step[1], out);
            out += p->kept[2];
        }
    }
}

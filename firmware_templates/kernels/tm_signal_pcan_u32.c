/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_pcan_u32.h"

/* The gain for a noise x: the table's own for the first ones, else a + b * f + c * f^2, where f is
 * what follows the highest bit, as a fraction of 10 bits. */
static int32_t gain_of(const int16_t *gains, uint32_t x) {
    if (x <= 2) {
        return gains[x];
    }
    int32_t bits = 2;
    while (bits < 32 && x >> bits) {
        ++bits;
    }
    const int16_t *const parabola = gains + 4 * bits - 6;
    const uint32_t shifted = bits < 11 ? x << (11 - bits) : x >> (bits - 11);
    const int32_t fraction = (int32_t)(shifted & 0x3ffu);
    const int32_t slope = ((parabola[2] * fraction) >> 5) + parabola[1] * 32;
    return (int16_t)(((slope * fraction + (1 << 14)) >> 15) + parabola[0]); /* goes round */
}

/* A parabola below 2, a line from there on; x has 12 bits of fraction, the result 6. */
static uint32_t compressed(uint32_t x) { return x < 8192u ? (x * x) >> 20 : (x >> 6) - 64u; }

void tm_signal_pcan_u32(const tm_signal_pcan_u32_params *p, const uint32_t *in,
                        const uint32_t *noise, const int16_t *gains, uint32_t *out) {
    const tm_signal_pcan_u32_params params = *p; /* out could be an alias of p, this cannot */
    for (int32_t i = 0; i < params.channels; ++i) {
        const uint64_t gain = (uint32_t)gain_of(gains, noise[i]);
        out[i] = compressed((uint32_t)((in[i] * gain) >> params.snr_shift));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_log_u32.h"

/* The natural logarithm of x, in 1/65536. */
static uint32_t log_of(uint32_t x, const uint16_t *table) {
    const uint32_t ln_2 = 45426; /* ln(2) * 65536 */
    uint32_t whole = 0;
    while (x >> whole > 1) {
        ++whole;
    }
    const uint32_t rest = x - ((uint32_t)1 << whole);
    const uint32_t fraction = whole < 16 ? rest << (16 - whole) : rest >> (whole - 16);
    const uint32_t segment = fraction >> 9;
    const int32_t rise = table[segment + 1] - table[segment];
    const int32_t more = (rise * (int32_t)(fraction - (segment << 9))) >> 16;
    const uint32_t log_2 = (whole << 16) + fraction + table[segment] + (uint32_t)more;
    return (uint32_t)(((uint64_t)ln_2 * log_2 + 32768u) >> 16);
}

void tm_signal_log_u32(const tm_signal_log_u32_params *p, const uint32_t *in, const uint16_t *table,
                       int16_t *out) {
    const tm_signal_log_u32_params params = *p; /* out could be an alias of p, this cannot */
    for (int32_t i = 0; i < params.elements; ++i) {
        const uint32_t x = in[i] << params.shift;
        const uint64_t scaled = x > 1 ? (uint64_t)params.scale * log_of(x, table) + 32768u : 0u;
        const uint32_t y = (uint32_t)(scaled >> 16) & 0xffffu;
        out[i] = (int16_t)(y > INT16_MAX ? INT16_MAX : y);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_lookup_s8.h"

void tm_lookup_s8(const tm_lookup_s8_params *p, const void *in, const int8_t *table, void *out) {
#ifdef __ARM_FEATURE_MVE
    __asm volatile("wlstp.8 lr, %[elements], 2f\n\t"
                   "1:\n\t"
                   "vldrb.u8 q0, [%[in]], #16\n\t"
                   "vldrb.u8 q1, [%[table], q0]\n\t"
                   "vstrb.8 q1, [%[out]], #16\n\t"
                   "letp lr, 1b\n\t"
                   "2:"
                   : [in] "+r"(in), [out] "+r"(out)
                   : [elements] "r"(p->elements), [table] "r"(table)
                   : "lr", "d0", "d1", "d2", "d3", "memory");
#else
    const uint8_t *source = in;
    const uint8_t *const end = source + p->elements;
    int8_t *result = out;
    while (source < end) {
        *result++ = table[*source++];
    }
#endif
}

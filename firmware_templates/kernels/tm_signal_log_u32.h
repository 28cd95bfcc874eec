/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_LOG_U32_H
#define TM_SIGNAL_LOG_U32_H

#include <stdint.h>

typedef struct {
    int32_t elements;
    int32_t shift;  /* to the left, before the logarithm is taken; 0 to 31 */
    uint32_t scale; /* of the result, 0 to 65535 */
} tm_signal_log_u32_params;

/* in (elements), table (130): what log2(1 + i / 128) has more than i / 128, in 1/65536; out
 * (elements): natural logarithms times scale, 0 for 0 and 1. */
void tm_signal_log_u32(const tm_signal_log_u32_params *p, const uint32_t *in, const uint16_t *table,
                       int16_t *out);

#endif

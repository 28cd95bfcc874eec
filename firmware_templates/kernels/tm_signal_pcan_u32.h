/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_PCAN_U32_H
#define TM_SIGNAL_PCAN_U32_H

#include <stdint.h>

typedef struct {
    int32_t channels;
    int32_t snr_shift; /* 0 to 63 */
} tm_signal_pcan_u32_params;

/* in (channels), noise (channels), gains (125): a table of parabolas, three numbers and a gap for
 * each power of two; out (channels): the signal with a gain that falls with the noise, compressed.
 */
void tm_signal_pcan_u32(const tm_signal_pcan_u32_params *p, const uint32_t *in,
                        const uint32_t *noise, const int16_t *gains, uint32_t *out);

#endif

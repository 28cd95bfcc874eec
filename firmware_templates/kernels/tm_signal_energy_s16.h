/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SIGNAL_ENERGY_S16_H
#define TM_SIGNAL_ENERGY_S16_H

#include <stdint.h>

typedef struct {
    int32_t bins;
    int32_t start, end; /* the bins from start up to, not including, end */
} tm_signal_energy_s16_params;

/* in (bins, 2) real and imaginary parts, out (bins): the squares of their sizes; 0 outside of the
 * chosen bins. */
void tm_signal_energy_s16(const tm_signal_energy_s16_params *p, const int16_t *in, uint32_t *out);

#endif

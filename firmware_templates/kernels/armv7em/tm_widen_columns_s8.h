/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_WIDEN_COLUMNS_S8_H
#define TM_WIDEN_COLUMNS_S8_H

#include <stdint.h>

/* in (6): where six columns have length inputs each, a multiple of four. x (length / 2, 6): words
 * of two int16, a column's inputs 0 and 2, then 1 and 3, then 4 and 6 ...; the six columns' words
 * stand side by side. twice is that of tm_widen_s8. */
void tm_widen_columns_s8(const int8_t *const *in, int32_t length, int32_t *x, uint32_t twice);

#endif

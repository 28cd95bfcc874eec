/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SELECT_S16_H
#define TM_SELECT_S16_H

#include <stdint.h>

/* condition, left, right: any shapes that broadcast to out's; plan: as tm_broadcast.h has it, with
 * three operands instead of two. */
void tm_select_s16(const uint8_t *condition, const int16_t *left, const int16_t *right,
                   const int32_t *plan, int16_t *out);

#endif

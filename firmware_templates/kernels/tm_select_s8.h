/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TM_SELECT_S8_H
#define TM_SELECT_S8_H

#include <stdint.h>

/* condition, left, right: any shapes that broadcast to out's; plan: as tm_broadcast.h has it, with
 * three operands instead of two. */
void tm_select_s8(const uint8_t *condition, const int8_t *left, const int8_t *right,
                  const int32_t *plan, int8_t *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_add_s8.h"

void tm_add_s8(const tm_add_s8_params *p, const int8_t *big, const int8_t *small, int8_t *out) {
    const tm_add_params params = *p; /* out could be an alias of p, this cannot */
    const int8_t *const end = big + params.elements;
    while (big < end) {
        *out++ = tm_add(params, *big++, *small++);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_mul_s8.h"

void tm_mul_s8(const tm_mul_s8_params *p, const int8_t *left, const int8_t *right, int8_t *out) {
    const tm_mul_params params = *p; /* out could be an alias of p, this cannot */
    const int8_t *const end = left + params.elements;
    while (left < end) {
        *out++ = tm_mul(params, *left++, *right++);
    }
}

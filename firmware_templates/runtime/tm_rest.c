/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_rest.h"

#include <stdbool.h>
#include <stdint.h>

#include "board_config.h"

static bool has_slept;

void tm_rest_slept(void) { has_slept = true; }

void tm_rest(void) {
    if (!has_slept) {
        for (volatile uint32_t i = 0; i < TM_CLOCK_HZ / 200000u; i++) {
        }
    }
    has_slept = false;
}

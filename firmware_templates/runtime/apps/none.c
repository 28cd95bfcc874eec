/* SPDX-License-Identifier: Apache-2.0
 *
 * No application: the firmware waits for commands. */
#include "tm_app.h"

const uint32_t tm_app_steps_a_second = 1;

void tm_app_step(uint32_t step) { (void)step; }

/* SPDX-License-Identifier: Apache-2.0
 *
 * What an application must give: what the firmware does while no command comes. Each file in apps/
 * is one; only the one that a project names is compiled. One that includes app_data.h or
 * tm_app_samples.h gets labels and test samples into its firmware. */
#ifndef TM_APP_H
#define TM_APP_H

#include <stdint.h>

/* How many steps a second are due; more than 0. */
extern const uint32_t tm_app_steps_a_second;
/* One step; step counts from 0. */
void tm_app_step(uint32_t step);

#endif

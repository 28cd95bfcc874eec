/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls the application's steps when they are due. */
#ifndef TM_PACE_H
#define TM_PACE_H

/* From the beginning: the first step is due at once. */
void tm_pace_start(void);
/* Called again and again; returns at once if the next step is not due. */
void tm_pace_step(void);

#endif

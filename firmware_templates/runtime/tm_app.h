/* SPDX-License-Identifier: Apache-2.0
 *
 * The application mode: what the firmware does while no command comes. app_data.h says which
 * application it is, and what it works on. */
#ifndef TM_APP_H
#define TM_APP_H

#include "tm_text.h"

/* From the beginning. */
void tm_app_start(void);
/* Called again and again; returns at once if the next step is not due. */
void tm_app_step(void);

/* One step of each application; step counts from 0. */
void tm_app_sine_step(uint32_t step);
void tm_app_samples_step(uint32_t step);
void tm_app_anomalies_step(uint32_t step);

/* Runs sample step % tm_app.samples, and the LED. Returns its number, or -1 if there is none or the
 * model did not run. */
int32_t tm_app_run_sample(uint32_t step);
/* The label of this index, or the index where it has none. */
void tm_app_append_label(tm_text *text, uint32_t index);
/* " expected " and the right label, where it is known. */
void tm_app_append_expected(tm_text *text, uint32_t sample);

/* Sends the text and a line end. */
void tm_app_say(const tm_text *text);

#endif

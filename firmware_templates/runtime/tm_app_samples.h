/* SPDX-License-Identifier: Apache-2.0
 *
 * What applications that go through the samples of app_data.h have in common. */
#ifndef TM_APP_SAMPLES_H
#define TM_APP_SAMPLES_H

#include "tm_text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Runs sample step % tm_app.samples, and the LED. Returns its number, or -1 if there is none or the
 * model did not run. */
int32_t tm_app_run_sample(uint32_t step);
/* The label of this index, or the index where it has none. */
void tm_app_append_label(tm_text *text, uint32_t index);
/* " expected " and the right label, where it is known. */
void tm_app_append_expected(tm_text *text, uint32_t sample);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The application's voice on the serial line. */
#ifndef TM_APP_SAY_H
#define TM_APP_SAY_H

#include "tm_text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sends the text and a line end. */
void tm_app_say(const tm_text *text);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What the code in your project's folder app/ gives: these two functions. What they may call is in
 * the headers below and in those of the model. */
#ifndef APP_H
#define APP_H

#include "tm_app_say.h"
#include "tm_clock.h"
#include "tm_port.h"
#include "tm_text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Once after reset, when the clocks, the serial line and the model are ready; and again when the
 * application begins anew, by the command `tm app`. */
void app_start(void);
/* Again and again while no command comes. Must return: commands are answered between two steps. */
void app_step(void);

#ifdef __cplusplus
}
#endif

#endif

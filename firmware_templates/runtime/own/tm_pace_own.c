/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_pace.h for the user's own application, which finds its pace itself. */
#include "app.h"
#include "tm_pace.h"

void tm_pace_start(void) { app_start(); }

void tm_pace_step(void) { app_step(); }

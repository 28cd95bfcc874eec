/* SPDX-License-Identifier: Apache-2.0
 *
 * The firmware without the protocol: it runs the application and answers no command. */
#include "board_config.h"
#include "tm_clock.h"
#include "tm_model.h"
#include "tm_pace.h"
#include "tm_port.h"
#include "tm_rest.h"

/* Both as in ../main.c. */
#ifndef TM_MAIN
#define TM_MAIN main
#endif
int TM_MAIN(void);

int TM_MAIN(void) {
    tm_port_init();
    (void)tm_model_init();
    tm_pace_start();
    for (;;) {
        (void)tm_clock_microseconds();
        tm_pace_step();
        tm_rest();
        tm_port_led_step();
    }
}

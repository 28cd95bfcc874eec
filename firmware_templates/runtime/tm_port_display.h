/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's screen, in greys. A port that has one gives this in tm_port_display.c; it, and the
 * memory for its pixels, are in the firmware only if a file includes this header. tm_port_text.h
 * writes on it. */
#ifndef TM_PORT_DISPLAY_H
#define TM_PORT_DISPLAY_H

#include <stdint.h>

#include "board_config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Black, and lit; again it does nothing. Returns the pixels (TM_DISPLAY_HEIGHT, TM_DISPLAY_WIDTH):
 * 0 is black, 255 white. */
uint8_t *tm_port_display_on(void);
/* What was written to these rows is seen from now on; what was not told of may be seen or not. */
void tm_port_display_show(uint32_t first_row, uint32_t rows);

#ifdef __cplusplus
}
#endif

#endif

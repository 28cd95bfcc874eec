/* SPDX-License-Identifier: Apache-2.0
 *
 * Words on the board's screen (tm_port_display.h), in a font of 5 by 7 dots. It is in the firmware
 * only if a file includes this header. */
#ifndef TM_PORT_TEXT_H
#define TM_PORT_TEXT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A character's place at a size of 1, with the gap to the next. */
#define TM_TEXT_WIDTH 6u
#define TM_TEXT_HEIGHT 8u

/* Writes a line, white on black, a dot being size by size pixels; its left upper corner is at x, y.
 * What is left of it to the right edge becomes black. What does not fit is left out. Of UTF-8
 * beyond ASCII each character is a box. Shows it; the first call switches the screen on. */
void tm_port_text(uint32_t x, uint32_t y, uint32_t size, const char *line);

#ifdef __cplusplus
}
#endif

#endif

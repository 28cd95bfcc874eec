/* SPDX-License-Identifier: Apache-2.0
 *
 * Which board the image is for, right behind the vector table: "tinyml flash" refuses another
 * board's (toolkit/flash/image.py). Nothing points here; sections.ld keeps it. */
#include "board_config.h"

extern const char tm_board_stamp[];

__attribute__((section(".tm_stamp"), used)) const char tm_board_stamp[] = "tinyml board " TM_BOARD;

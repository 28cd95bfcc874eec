/* SPDX-License-Identifier: Apache-2.0
 *
 * Three rows of a table as the data have them: 64 numbers from 0 to 16 each, which are the pixels
 * of a handwritten 4, 0 and 7 of the test split. */
#ifndef RECORDING_H
#define RECORDING_H

#include <stdint.h>

#define RECORDING_ROWS 3u

static const uint8_t recording[RECORDING_ROWS][64] = {
    {
        0,  0,  0, 7, 6,  0, 0,  0, 0,  0, 1, 15, 16, 7, 0,  0,  0,  0, 8, 13, 15, 6,
        0,  0,  0, 3, 16, 3, 12, 7, 1,  0, 0, 4,  14, 9, 15, 16, 8,  0, 0, 4,  12, 12,
        16, 10, 2, 0, 0,  0, 0,  5, 16, 0, 0, 0,  0,  0, 0,  4,  14, 0, 0, 0,
    },
    {
        0, 0,  7, 14, 8,  4, 0,  0,  0,  0,  16, 8, 15, 14, 1, 0,  0, 4, 16, 4, 0,  8,
        4, 0,  0, 8,  14, 0, 0,  4,  4,  0,  0,  8, 16, 0,  0, 4,  5, 0, 0,  3, 16, 1,
        0, 11, 4, 0,  0,  0, 15, 16, 16, 12, 0,  0, 0,  0,  6, 13, 7, 0, 0,  0,
    },
    {
        0,  0, 3, 13, 16, 16, 5,  0,  0,  4, 15, 13, 10, 16, 6,  0,  0, 1, 8, 1, 4,  16,
        4,  0, 0, 0,  1,  6,  11, 16, 10, 0, 0,  0,  13, 16, 16, 13, 3, 0, 0, 0, 10, 7,
        16, 4, 0, 0,  0,  0,  0,  11, 13, 0, 0,  0,  0,  0,  4,  16, 8, 0, 0, 0,
    },
};

#endif

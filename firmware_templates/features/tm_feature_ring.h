/* SPDX-License-Identifier: Apache-2.0
 *
 * The last rows of a model's input: frames of features, or rows of a sensor. A ring, so that a new
 * row costs one row. */
#ifndef TM_FEATURE_RING_H
#define TM_FEATURE_RING_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint32_t rows;      /* of a window */
    uint32_t row_bytes; /* of each */
} tm_feature_ring_params;

typedef struct {
    uint32_t hop;     /* rows from one window to the next */
    uint32_t next;    /* the place of the next row */
    uint32_t missing; /* rows until a window is due */
    bool is_due;
} tm_feature_ring;

/* Forgets all rows. hop: 1 to rows; what is less or more counts as the nearest of these. */
void tm_feature_ring_start(const tm_feature_ring_params *p, tm_feature_ring *ring, uint32_t hop);
/* Counts the row that was written to place next. */
void tm_feature_ring_add(const tm_feature_ring_params *p, tm_feature_ring *ring);
/* Copies kept (rows, row_bytes) to window, the oldest row first. */
void tm_feature_ring_copy(const tm_feature_ring_params *p, const tm_feature_ring *ring,
                          const void *kept, void *window);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What generated code gives where a model's data are a stream: raw items become windows, and
 * outputs become detections. board_config.h says by TM_HAS_FEED whether it is there. */
#ifndef TM_FEED_H
#define TM_FEED_H

#include <stdbool.h>
#include <stdint.h>

/* What one command carries at most. */
#define TM_FEED_BYTES 128u

/* Items as they come: 16-bit samples of sound, or rows of a sensor. */
typedef union {
    uint8_t bytes[TM_FEED_BYTES];
    int16_t sound[TM_FEED_BYTES / 2u];
    float numbers[TM_FEED_BYTES / 4u];
} tm_feed_items;

typedef struct {
    uint32_t item_bytes; /* up to TM_FEED_BYTES */
    uint32_t ram_bytes;  /* static memory of the feed and the decision */
    uint32_t rows;       /* of a window: frames, samples, or rows of a sensor */
    uint32_t hop;        /* rows from one window to the next */
    /* Forgets what was fed. */
    void (*start)(void);
    /* Takes items until a window is due or all are taken; returns how many. */
    uint32_t (*take)(const tm_feed_items *items, uint32_t count);
    /* Whether a window is due; if it is, writes it to the model's input. */
    bool (*window)(void *input);
    /* The class that is detected with this output, or -1; NULL where there are no classes. */
    int32_t (*decide)(const void *output);
} tm_feed_functions;

extern const tm_feed_functions tm_feed;

#endif

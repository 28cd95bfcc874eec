/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps what sensors sense until the computer has fetched it.
 *
 * Rows are numbered from 0 on, of each sensor, without those that were lost: these are gaps, which
 * say before which row how many are missing. */
#ifndef TM_RECORDER_H
#define TM_RECORDER_H

#include <stdint.h>

#include "tm_sensor.h"

/* How many places without rows are kept apart; what is lost beyond them counts with the last. */
#define TM_RECORDER_GAPS 8u

typedef struct {
    uint32_t at; /* the row before which they are missing */
    uint32_t rows;
} tm_recorder_gap;

typedef struct {
    const tm_sensor *sensor;
    tm_sensor_setting setting;
    int16_t *kept; /* most rows, at row modulo most */
    uint32_t most;
    uint32_t first, end; /* the rows that are kept */
    uint32_t gap_count;
    tm_recorder_gap gaps[TM_RECORDER_GAPS];
} tm_recorder_track;

/* The sensors of the board. */
extern const tm_sensor *const tm_recorder_sensors[];
extern const uint32_t tm_recorder_sensor_count;

/* Starts a sensor beside those that run; all tracks begin anew. The memory is parted equally. */
tm_sensor_result tm_recorder_start(const tm_sensor *sensor, uint32_t rate_hz, uint32_t range);
/* Stops all of them. */
void tm_recorder_stop(void);
/* The track of a sensor that runs, or NULL. */
tm_recorder_track *tm_recorder_track_of(const tm_sensor *sensor);
/* Takes what the sensors have, at least every 50 ms. */
void tm_recorder_step(void);
/* Rows before this one may be forgotten. */
void tm_recorder_forget(tm_recorder_track *track, uint32_t before);
const int16_t *tm_recorder_row(const tm_recorder_track *track, uint32_t row);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_recorder.h"

#include <stddef.h>

#include "board_config.h"
#include "tm_sensors.h"

#ifndef TM_SENSORS
#error "The board has no sensors: there is nothing to record."
#endif

/* Of board_config.h: TM_RECORDER_BYTES, the memory for what was not fetched yet. */
#define KEPT_NUMBERS (TM_RECORDER_BYTES / 2u)
#define MOST_TRACKS 4u
#define DROPPED_ROWS 8u
/* A sensor that always has another row must not hold the main loop. */
#define LOOKS_AT_ONCE 32u
#define MOST_CHANNELS 8u

const tm_sensor *const tm_recorder_sensors[] = TM_SENSORS;
const uint32_t tm_recorder_sensor_count =
    sizeof tm_recorder_sensors / sizeof tm_recorder_sensors[0];

static int16_t kept[KEPT_NUMBERS];
static tm_recorder_track tracks[MOST_TRACKS];
static uint32_t track_count;

static void begin_anew(void) {
    for (uint32_t i = 0; i < track_count; i++) {
        const uint32_t share = KEPT_NUMBERS / track_count;
        tracks[i].kept = kept + i * share;
        tracks[i].most = share / tracks[i].sensor->channels;
        tracks[i].first = tracks[i].end = tracks[i].gap_count = 0;
        (void)tracks[i].sensor->lost();
    }
}

tm_sensor_result tm_recorder_start(const tm_sensor *sensor, uint32_t rate_hz, uint32_t range) {
    tm_recorder_track *track = tm_recorder_track_of(sensor);
    if (track == NULL) {
        if (track_count == MOST_TRACKS || sensor->channels > MOST_CHANNELS) {
            return TM_SENSOR_ABSENT;
        }
        track = &tracks[track_count];
    }
    track->sensor = sensor;
    const tm_sensor_result result = sensor->start(rate_hz, range, &track->setting);
    if (result == TM_SENSOR_RUNS && track == &tracks[track_count]) {
        track_count++;
    }
    begin_anew();
    return result;
}

void tm_recorder_stop(void) {
    for (uint32_t i = 0; i < track_count; i++) {
        tracks[i].sensor->stop();
    }
    track_count = 0;
}

tm_recorder_track *tm_recorder_track_of(const tm_sensor *sensor) {
    for (uint32_t i = 0; i < track_count; i++) {
        if (tracks[i].sensor == sensor) {
            return &tracks[i];
        }
    }
    return NULL;
}

static void lose(tm_recorder_track *track, uint32_t rows) {
    if (rows == 0) {
        return;
    }
    tm_recorder_gap *const last = &track->gaps[track->gap_count - 1u];
    if (track->gap_count > 0 && (last->at == track->end || track->gap_count == TM_RECORDER_GAPS)) {
        last->rows += rows;
    } else {
        const tm_recorder_gap gap = {.at = track->end, .rows = rows};
        track->gaps[track->gap_count++] = gap;
    }
}

/* Up to the end of the memory, or to the oldest row that is still wanted. */
static uint32_t room_at_once(const tm_recorder_track *track) {
    const uint32_t free = track->most - (track->end - track->first);
    const uint32_t to_end = track->most - track->end % track->most;
    return free < to_end ? free : to_end;
}

static void take(tm_recorder_track *track) {
    const tm_sensor *const sensor = track->sensor;
    int16_t dropped[DROPPED_ROWS * MOST_CHANNELS];
    uint32_t rows = 1;
    for (uint32_t looks = 0; looks < LOOKS_AT_ONCE && rows > 0; looks++) {
        const uint32_t room = room_at_once(track);
        if (room > 0) {
            rows = sensor->read(track->kept + track->end % track->most * sensor->channels, room);
            track->end += rows;
        } else {
            rows = sensor->read(dropped, DROPPED_ROWS);
            lose(track, rows);
        }
    }
    lose(track, sensor->lost());
}

void tm_recorder_step(void) {
    for (uint32_t i = 0; i < track_count; i++) {
        take(&tracks[i]);
    }
}

void tm_recorder_forget(tm_recorder_track *track, uint32_t before) {
    if (before > track->end) {
        before = track->end;
    }
    if (before > track->first) {
        track->first = before;
    }
    while (track->gap_count > 0 && track->gaps[0].at < track->first) {
        for (uint32_t i = 1; i < track->gap_count; i++) {
            track->gaps[i - 1u] = track->gaps[i];
        }
        track->gap_count--;
    }
}

const int16_t *tm_recorder_row(const tm_recorder_track *track, uint32_t row) {
    return track->kept + row % track->most * track->sensor->channels;
}

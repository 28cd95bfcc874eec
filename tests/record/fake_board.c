/* SPDX-License-Identifier: Apache-2.0
 *
 * Two sensors that a test turns by hand: rows that count, in a buffer of 16, and those that find no
 * room there are lost. */
#include "tm_recorder.h"
#include "tm_sensors.h"

#define BUFFER 16u

typedef struct {
    uint32_t next, buffered, lost;
} source;

static source sources[2];

void produce(uint32_t which, uint32_t rows) {
    source *const from = &sources[which];
    for (uint32_t i = 0; i < rows; i++) {
        from->next++;
        if (from->buffered < BUFFER && from->lost == 0) {
            from->buffered++;
        } else {
            from->lost++;
        }
    }
}

static uint32_t read_from(source *from, uint32_t channels, int16_t *rows, uint32_t most) {
    const uint32_t count = from->buffered < most ? from->buffered : most;
    const uint32_t first = from->next - from->lost - from->buffered;
    for (uint32_t i = 0; i < count * channels; i++) {
        rows[i] = (int16_t)(first + i / channels);
    }
    from->buffered -= count;
    return count;
}

static uint32_t lost_of(source *from) {
    const uint32_t lost = from->lost;
    from->lost = 0;
    return lost;
}

static tm_sensor_result start(uint32_t rate_hz, uint32_t range, tm_sensor_setting *is) {
    is->rate_mhz = rate_hz * 1000u;
    is->range = range;
    is->scale = 0.5f;
    return TM_SENSOR_RUNS;
}

static void stop(void) {}
static uint32_t read_a(int16_t *rows, uint32_t most) {
    return read_from(&sources[0], 3, rows, most);
}
static uint32_t lost_a(void) { return lost_of(&sources[0]); }
static uint32_t read_b(int16_t *rows, uint32_t most) {
    return read_from(&sources[1], 1, rows, most);
}
static uint32_t lost_b(void) { return lost_of(&sources[1]); }
static uint32_t rate_mhz(void) { return 1000u; }

const tm_sensor tm_fake_a = {"a", "g", 3, start, read_a, lost_a, stop, rate_mhz};
const tm_sensor tm_fake_b = {"b", "1", 1, start, read_b, lost_b, stop, rate_mhz};

/* For a test that calls from Python. */
void start_both(void) {
    tm_sensor_setting unused = {0, 0, 0.0f};
    (void)unused;
    sources[0] = sources[1] = (source){0, 0, 0};
    (void)tm_recorder_start(&tm_fake_a, 1, 1);
    (void)tm_recorder_start(&tm_fake_b, 1, 1);
}

tm_recorder_track *track_of(uint32_t which) {
    return tm_recorder_track_of(which == 0 ? &tm_fake_a : &tm_fake_b);
}

int32_t row_of(uint32_t which, uint32_t row) { return tm_recorder_row(track_of(which), row)[0]; }

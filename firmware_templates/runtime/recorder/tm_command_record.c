/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_command_record.h"

#include <stddef.h>
#include <string.h>

#include "tm_port_nap.h"
#include "tm_port_ticks.h"
#include "tm_recorder.h"
#include "tm_reply.h"

/* A whole number of threes, which base64 writes as fours; and of rows of 1 to 8 channels but for 5
 * and 7, of which as many as fit are taken. */
#define LINE_BYTES 336u
#define LINES_AT_ONCE 8u
/* The longest wait for rows in one command: the computer asks again. */
#define PATIENCE_US 400000u

static void say_number(tm_protocol *protocol, const char *before, uint32_t value) {
    tm_say(protocol, before);
    tm_say_unsigned(protocol, value);
}

static void say_sensors(tm_protocol *protocol) {
    for (uint32_t i = 0; i < tm_recorder_sensor_count; i++) {
        const tm_sensor *const sensor = tm_recorder_sensors[i];
        tm_say(protocol, "m-tm-sensor-[");
        tm_say(protocol, sensor->name);
        say_number(protocol, ",", sensor->channels);
        tm_say(protocol, ",");
        tm_say(protocol, sensor->unit);
        tm_say_line(protocol, "]");
    }
}

static const tm_sensor *sensor_called(tm_protocol *protocol, const char *name) {
    for (uint32_t i = 0; name != NULL && i < tm_recorder_sensor_count; i++) {
        if (tm_words_equal(name, tm_recorder_sensors[i]->name)) {
            return tm_recorder_sensors[i];
        }
    }
    tm_say_line(protocol, "e-[The board has no sensor of this name]");
    return NULL;
}

static void say_failure(tm_protocol *protocol, tm_sensor_result result) {
    tm_say_line(protocol, result == TM_SENSOR_ABSENT    ? "e-[The sensor does not answer]"
                          : result == TM_SENSOR_UNKNOWN ? "e-[The sensor is another chip]"
                                                        : "e-[The sensor, or its bus, is stuck]");
}

/* "m-tm-record-[NAME,RATE_MHZ,RANGE,SCALE,ROOM]": SCALE is the bits of a float, ROOM how many rows
 * are kept. */
static void start(tm_protocol *protocol) {
    const tm_sensor *const sensor = sensor_called(protocol, tm_next_word(protocol));
    const char *const rate = tm_next_word(protocol);
    const char *const range = tm_next_word(protocol);
    uint32_t rate_hz = 0, most = 0;
    if (sensor == NULL) {
        return;
    }
    if (rate == NULL || range == NULL || !tm_parse_unsigned(rate, 1000000u, &rate_hz) ||
        !tm_parse_unsigned(range, 1000000u, &most)) {
        tm_say_line(protocol,
                    "e-[Command 'tm record start' requires a sensor, a rate and a range]");
        return;
    }
    const tm_sensor_result result = tm_recorder_start(sensor, rate_hz, most);
    if (result != TM_SENSOR_RUNS) {
        say_failure(protocol, result);
        return;
    }
    const tm_recorder_track *const track = tm_recorder_track_of(sensor);
    uint32_t scale = 0;
    memcpy(&scale, &track->setting.scale, sizeof scale);
    tm_say(protocol, "m-tm-record-[");
    tm_say(protocol, sensor->name);
    say_number(protocol, ",", track->setting.rate_mhz);
    say_number(protocol, ",", track->setting.range);
    tm_say(protocol, ",");
    tm_say_hex(protocol, scale, 8);
    say_number(protocol, ",", track->most);
    tm_say_line(protocol, "]");
}

static void say_base64(tm_protocol *protocol, const uint8_t *bytes, uint32_t count) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (uint32_t i = 0; i < count; i += 3u) {
        const uint32_t left = count - i;
        const uint32_t bits = (uint32_t)bytes[i] << 16 |
                              (left > 1u ? (uint32_t)bytes[i + 1u] << 8 : 0u) |
                              (left > 2u ? bytes[i + 2u] : 0u);
        char four[5] = {digits[bits >> 18], digits[bits >> 12 & 63u],
                        left > 1u ? digits[bits >> 6 & 63u] : '=',
                        left > 2u ? digits[bits & 63u] : '=', '\0'};
        tm_say(protocol, four);
    }
}

/* "m-tm-rows-[FROM,BASE64]": rows of little-endian 16-bit numbers, from FROM on. */
static uint32_t say_rows(tm_protocol *protocol, const tm_recorder_track *track, uint32_t from) {
    static uint8_t bytes[LINE_BYTES];
    const uint32_t row_bytes = 2u * track->sensor->channels;
    uint32_t row = from;
    uint32_t count = 0;
    for (; row < track->end && count + row_bytes <= LINE_BYTES; row++) {
        const int16_t *const numbers = tm_recorder_row(track, row);
        for (uint32_t i = 0; i < track->sensor->channels; i++) {
            bytes[count++] = (uint8_t)((uint16_t)numbers[i] & 0xFFu);
            bytes[count++] = (uint8_t)((uint16_t)numbers[i] >> 8);
        }
    }
    say_number(protocol, "m-tm-rows-[", from);
    tm_say(protocol, ",");
    say_base64(protocol, bytes, count);
    tm_say_line(protocol, "]");
    return row;
}

static void wait_for(tm_protocol *protocol, const tm_recorder_track *track, uint32_t end) {
    const uint64_t begin = protocol->device->microseconds();
    while (track->end < end && protocol->device->microseconds() - begin < PATIENCE_US) {
        tm_port_nap(TM_PORT_TICK_US);
        tm_recorder_step();
    }
}

/* "m-tm-gap-[AT,ROWS]": so many rows are missing before row AT. "m-tm-recorded-[FIRST,END,US]": the
 * rows that are kept, and the time. */
static void say_state(tm_protocol *protocol, const tm_recorder_track *track) {
    for (uint32_t i = 0; i < track->gap_count; i++) {
        say_number(protocol, "m-tm-gap-[", track->gaps[i].at);
        say_number(protocol, ",", track->gaps[i].rows);
        tm_say_line(protocol, "]");
    }
    say_number(protocol, "m-tm-recorded-[", track->first);
    say_number(protocol, ",", track->end);
    tm_say(protocol, ",");
    tm_say_unsigned(protocol, protocol->device->microseconds());
    tm_say_line(protocol, "]");
}

/* Rows before FROM are forgotten. Waits until there are rows up to END, but not for long. */
static void get(tm_protocol *protocol) {
    const tm_sensor *const sensor = sensor_called(protocol, tm_next_word(protocol));
    const char *const first = tm_next_word(protocol);
    const char *const last = tm_next_word(protocol);
    uint32_t from = 0, end = 0;
    if (sensor == NULL) {
        return;
    }
    tm_recorder_track *const track = tm_recorder_track_of(sensor);
    if (track == NULL) {
        tm_say_line(protocol, "e-[The sensor does not run]");
        return;
    }
    if (first == NULL || last == NULL || !tm_parse_unsigned(first, UINT32_MAX, &from) ||
        !tm_parse_unsigned(last, UINT32_MAX, &end)) {
        tm_say_line(protocol, "e-[Command 'tm record get' requires a sensor and two rows]");
        return;
    }
    tm_recorder_forget(track, from);
    wait_for(protocol, track, end);
    for (uint32_t i = 0; i < LINES_AT_ONCE && from >= track->first && from < track->end; i++) {
        from = say_rows(protocol, track, from);
        tm_recorder_step();
    }
    say_state(protocol, track);
}

static void record(tm_protocol *protocol) {
    const char *const word = tm_next_word(protocol);
    if (word != NULL && tm_words_equal(word, "start")) {
        start(protocol);
    } else if (word != NULL && tm_words_equal(word, "get")) {
        get(protocol);
    } else if (word != NULL && tm_words_equal(word, "stop")) {
        tm_recorder_stop();
        tm_say_line(protocol, "m-tm-record-done");
    } else {
        tm_say_line(protocol, "e-[Command 'tm record' requires start, get or stop]");
    }
}

bool tm_command_record(tm_protocol *protocol, const char *word) {
    if (tm_words_equal(word, "sensors")) {
        say_sensors(protocol);
    } else if (tm_words_equal(word, "record")) {
        record(protocol);
    } else {
        return false;
    }
    return true;
}

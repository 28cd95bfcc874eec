/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads an accelerometer 50 times a second, says each gesture, and lights the LED while somebody
 * moves. To use it: application = "my_app" in the section [firmware] of tinyml.toml.
 *
 * This file is yours, like all in this folder: no command writes here. What you may call is listed
 * in docs/applications.md of the toolkit. */
#include "app.h"
#include "gestures.h"
#include "gestures_decision.h"
#include "gestures_feed.h"
#include "recording.h"

#define PERIOD_US 20000u
#define IDLE 2 /* its place in gestures_labels */

static uint64_t due_us;
static uint32_t taken;

/* The next row, in the units of the data: g. Here it is from a recording: ask your sensor. */
static void read_sensor(float *row) {
    const int16_t *const raw = recording[taken++ % RECORDING_ROWS];
    for (uint32_t i = 0; i < GESTURES_COLUMNS; i++) {
        row[i] = (float)raw[i] / 1000.0f;
    }
}

static void act(int32_t gesture) {
    tm_port_led(gesture == IDLE ? 0 : 255);
    char line[40];
    tm_text text = tm_text_over(line, sizeof line);
    tm_text_string(&text, "gesture ");
    tm_text_string(&text, gestures_labels[gesture]);
    tm_app_say(&text);
}

void app_start(void) {
    gestures_init();
    gestures_feed_start(GESTURES_FEED_HOP);
    gestures_decide_start();
    due_us = tm_clock_microseconds();
    taken = 0;
}

void app_step(void) {
    if (tm_clock_microseconds() < due_us) {
        return;
    }
    due_us += PERIOD_US;

    float row[GESTURES_COLUMNS];
    read_sensor(row);
    (void)gestures_feed(row, 1);
    if (gestures_feed_window(gestures_input()) && gestures_invoke() == 0) {
        const int32_t gesture =
            gestures_decide(gestures_output()); /* [firmware.decision] is its rule */
        if (gesture >= 0) {
            act(gesture);
        }
    }
}

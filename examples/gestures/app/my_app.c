/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads an accelerometer 50 times a second, says each gesture once, and lights the LED while somebody
 * moves. To use it: application = "my_app" in the section [firmware] of tinyml.toml.
 *
 * This file is yours, like all in this folder: no command writes here. What you may call is listed in
 * docs/applications.md of the toolkit. */
#include "app.h"
#include "gestures.h"
#include "model_feed.h"
#include "recording.h"

#define PERIOD_US 20000u
#define SURE 0.7f
#define AGREEING 2u /* windows, one after the other, that must be of one class */
#define NONE GESTURES_LABELS
#define IDLE 2u /* its place in gestures_labels */

static uint64_t due_us;
static uint32_t taken;
static uint32_t last, times;

/* The next row, in the units of the data: g. Here it is from a recording: ask your sensor. */
static void read_sensor(float *row) {
    const int16_t *const raw = recording[taken++ % RECORDING_ROWS];
    for (uint32_t i = 0; i < GESTURES_COLUMNS; i++) {
        row[i] = (float)raw[i] / 1000.0f;
    }
}

/* Called for every window: says the class when AGREEING windows have agreed. */
static void decide(uint32_t class, float probability) {
    if (probability < SURE) {
        class = NONE;
    }
    times = class == last ? times + 1u : 1u;
    last = class;
    if (class == NONE || times != AGREEING) {
        return;
    }
    tm_port_led(class == IDLE ? 0 : 255);
    char line[40];
    tm_text text = tm_text_over(line, sizeof line);
    tm_text_string(&text, "gesture ");
    tm_text_string(&text, gestures_labels[class]);
    tm_app_say(&text);
}

void app_start(void) {
    gestures_init();
    gestures_feed_start(GESTURES_FEED_HOP / 2u);
    due_us = tm_clock_microseconds();
    taken = 0;
    last = NONE;
    times = 0;
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
        float probability;
        const uint32_t best = gestures_answer(&probability);
        decide(best, probability);
    }
}

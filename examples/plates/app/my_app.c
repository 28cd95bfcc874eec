/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks at pictures of a camera, names the character in each, and lights the LED for a letter.
 * To use it: application = "my_app" in the section [firmware] of tinyml.toml.
 *
 * This file is yours, like all in this folder: no command writes here. What you may call is listed
 * in docs/applications.md of the toolkit. */
#include "app.h"
#include "plates.h"
#include "recording.h"

#define PERIOD_US 100000u
#define SURE 0.6f

static uint64_t due_us;
static uint32_t taken;

/* The next picture of HEIGHT x WIDTH bytes. Here it is from a recording: take it from your camera.
 */
static const uint8_t *take_picture(void) { return recording[taken++ % RECORDING_PICTURES]; }

static void say(const char *label, float probability) {
    char line[48];
    tm_text text = tm_text_over(line, sizeof line);
    tm_text_string(&text, "plate ");
    tm_text_string(&text, label);
    tm_text_string(&text, " ");
    tm_text_float(&text, probability, 2);
    tm_app_say(&text);
}

void app_start(void) {
    plates_init();
    due_us = 0;
    taken = 0;
}

void app_step(void) {
    if (tm_clock_microseconds() < due_us) {
        return;
    }
    due_us = tm_clock_microseconds() + PERIOD_US;

    float probability;
    const uint32_t best = plates_classify(take_picture(), &probability);
    const char *const label = probability >= SURE ? plates_labels[best] : "?";
    tm_port_led(label[0] >= 'A' ? 255 : 0);
    say(label, probability);
}

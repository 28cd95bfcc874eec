/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes rows of a table, names the class of each, and lights the LED for an even digit.
 * To use it: application = "my_app" in the section [firmware] of tinyml.toml.
 *
 * This file is yours, like all in this folder: no command writes here. What you may call is listed
 * in docs/applications.md of the toolkit. */
#include "app.h"
#include "digits.h"
#include "recording.h"

#define PERIOD_US 100000u
#define LARGEST 16.0f /* of a pixel; the model was trained on numbers from 0 to 1 */

static uint64_t due_us;
static uint32_t taken;

/* The next row, of ROWS x COLUMNS numbers. Here it is from a recording: measure it. */
static void take_row(float *numbers) {
    const uint8_t *const row = recording[taken++ % RECORDING_ROWS];
    for (uint32_t i = 0; i < DIGITS_ROWS * DIGITS_COLUMNS; i++) {
        numbers[i] = (float)row[i] / LARGEST;
    }
}

void app_start(void) {
    digits_init();
    due_us = 0;
    taken = 0;
}

void app_step(void) {
    if (tm_clock_microseconds() < due_us) {
        return;
    }
    due_us = tm_clock_microseconds() + PERIOD_US;

    float numbers[DIGITS_ROWS * DIGITS_COLUMNS];
    float probability;
    take_row(numbers);
    const uint32_t best = digits_classify(numbers, &probability);
    tm_port_led(best % 2u == 0 ? 255 : 0);

    char line[32];
    tm_text text = tm_text_over(line, sizeof line);
    tm_text_string(&text, "digit ");
    tm_text_string(&text, digits_labels[best]);
    tm_text_string(&text, " ");
    tm_text_float(&text, probability, 2);
    tm_app_say(&text);
}

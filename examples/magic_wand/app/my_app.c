/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the board's own accelerometer, says each class that it finds, and lights the LED for
 * a second.
 * To build it in: application = "my_app" in the section [firmware] of tinyml.toml.
 *
 * This file is yours, like all in this folder: no command writes here. What you may call is listed
 * in docs/applications.md of the toolkit. */
#include "app.h"
#include "magic_wand.h"
#include "magic_wand_decision.h"
#include "magic_wand_feed.h"
#include "tm_port_sleep.h"
#include "tm_sensors.h"

#define RATE_MHZ 50000u /* rows in 1000 s, those of the data */
#define RANGE 4u
#define LIT_ROWS (RATE_MHZ / 1000u) /* a second: rows come while the core sleeps */
#define ROWS 8u

#ifdef TM_ACCEL
static tm_sensor_setting setting;
static bool runs;
static uint32_t lit_rows; /* until the LED goes out */
#endif

static void say(const char *first, const char *second) {
    char line[48];
    tm_text text = tm_text_over(line, sizeof line);
    tm_text_string(&text, first);
    tm_text_string(&text, second);
    tm_app_say(&text);
}

static void forget(void) {
    magic_wand_init();
    magic_wand_feed_start(MAGIC_WAND_FEED_HOP);
    magic_wand_decide_start();
}

#ifdef TM_ACCEL
static void act(int32_t found) {
    tm_port_led(255);
    lit_rows = LIT_ROWS;
    say("gesture ", magic_wand_labels[found]);
}

/* Whether there are scores: with stream = true not before the first window is full. */
static bool has_outputs(void) {
#ifdef MAGIC_WAND_STREAM_RUNS
    return magic_wand_is_due();
#else
    return true;
#endif
}

/* row (COLUMNS), in the sensor's unit: as the data have it. */
static void take(const float *row) {
    if (lit_rows > 0 && --lit_rows == 0) {
        tm_port_led(0);
    }
    (void)magic_wand_feed(row, 1);
    if (magic_wand_feed_window(magic_wand_input()) && magic_wand_invoke() == 0 && has_outputs()) {
        /* [firmware.decision] is its rule */
        const int32_t found = magic_wand_decide(magic_wand_output());
        if (found >= 0) {
            act(found);
        }
    }
}
#endif

void app_start(void) {
    forget();
    tm_port_led(0);
#ifdef TM_ACCEL
    lit_rows = 0;
    runs = TM_ACCEL.start(RATE_MHZ / 1000u, RANGE, &setting) == TM_SENSOR_RUNS;
    if (!runs) {
        say("the accelerometer does not answer", "");
    } else if (setting.rate_mhz > RATE_MHZ / 50u * 51u || setting.rate_mhz < RATE_MHZ / 50u * 49u) {
        say("the accelerometer has another rate than the data", "");
    }
#else
    say("this board has no accelerometer", "");
#endif
}

void app_step(void) {
#ifdef TM_ACCEL
    int16_t counts[ROWS][MAGIC_WAND_COLUMNS];
    const uint32_t rows = TM_ACCEL.read(counts[0], ROWS);
    for (uint32_t i = 0; i < rows; i++) {
        float row[MAGIC_WAND_COLUMNS];
        for (uint32_t axis = 0; axis < MAGIC_WAND_COLUMNS; axis++) {
            row[axis] = (float)counts[i][axis] * setting.scale;
        }
        take(row);
    }
    if (TM_ACCEL.lost() != 0) {
        say("rows were lost", "");
        forget(); /* what comes now does not follow on what came before */
    }
    if (runs) {
        tm_port_sleep(); /* until the next interrupt */
    }
#endif
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the board's own accelerometer, says each gesture, and lights the LED for a second.
 *
 * This file is yours, like all in this folder: no command writes here. What you may call is listed
 * in docs/applications.md of the toolkit. */
#include "app.h"
#include "magic_wand.h"
#include "magic_wand_decision.h"
#include "magic_wand_feed.h"
#include "tm_port_sleep.h"
#include "tm_sensors.h"

#define RATE_HZ 50u /* that of the data */
#define RANGE_G 4u
#define LIT_ROWS RATE_HZ /* a second: the sensor's clock goes on while the core sleeps */
#define ROWS 8u

#ifdef TM_ACCEL
static tm_sensor_setting accel;
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
static void act(int32_t gesture) {
    tm_port_led(255);
    lit_rows = LIT_ROWS;
    say("gesture ", magic_wand_labels[gesture]);
}

/* row (COLUMNS), in g: as the data have it. */
static void take(const float *row) {
    if (lit_rows > 0 && --lit_rows == 0) {
        tm_port_led(0);
    }
    (void)magic_wand_feed(row, 1);
    if (magic_wand_feed_window(magic_wand_input()) && magic_wand_invoke() == 0 &&
        magic_wand_is_due()) {
        const int32_t gesture =
            magic_wand_decide(magic_wand_output()); /* [firmware.decision] is its rule */
        if (gesture >= 0) {
            act(gesture);
        }
    }
}
#endif

void app_start(void) {
    forget();
    tm_port_led(0);
#ifdef TM_ACCEL
    lit_rows = 0;
    runs = TM_ACCEL.start(RATE_HZ, RANGE_G, &accel) == TM_SENSOR_RUNS;
    if (!runs) {
        say("the accelerometer does not answer", "");
    } else if (accel.rate_mhz != RATE_HZ * 1000u) {
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
            row[axis] = (float)counts[i][axis] * accel.scale;
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

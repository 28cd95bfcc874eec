/* SPDX-License-Identifier: Apache-2.0
 *
 * Listens to the board's own microphone, says when it hears the wake word, and lights the LED for a
 * second.
 *
 * This file is yours, like all in this folder: no command writes here. What you may call is listed
 * in docs/applications.md of the toolkit. */
#include "app.h"
#include "tm_port_sleep.h"
#include "tm_sensors.h"
#include "wake_word.h"
#include "wake_word_decision.h"
#include "wake_word_feed.h"

#define CHUNK (WAKE_WORD_RATE / 50u)
#define LIT_SAMPLES WAKE_WORD_RATE /* a second: the microphone goes on while the core sleeps */

#ifdef TM_MICROPHONE
static tm_sensor_setting microphone;
static bool runs;
static uint32_t lit_samples; /* until the LED goes out */
#endif

static void say(const char *first, const char *second) {
    char line[56];
    tm_text text = tm_text_over(line, sizeof line);
    tm_text_string(&text, first);
    tm_text_string(&text, second);
    tm_app_say(&text);
}

static void forget(void) {
    wake_word_init();
    wake_word_feed_start(WAKE_WORD_FEED_HOP);
    wake_word_decide_start();
}

#ifdef TM_MICROPHONE
static void act(int32_t word) {
    tm_port_led(255);
    lit_samples = LIT_SAMPLES;
    say("heard ", wake_word_labels[word]);
}

static void take(const int16_t *samples, uint32_t count) {
    if (lit_samples > 0) {
        lit_samples = lit_samples > count ? lit_samples - count : 0;
        tm_port_led(lit_samples > 0 ? 255 : 0);
    }
    while (count > 0) {
        const uint32_t taken = wake_word_feed(samples, count);
        samples += taken;
        count -= taken;
        if (wake_word_feed_window(wake_word_input()) && wake_word_invoke() == 0 &&
            wake_word_is_due()) {
            const int32_t word =
                wake_word_decide(wake_word_output()); /* [firmware.decision] is its rule */
            if (word >= 0) {
                act(word);
            }
        }
    }
}
#endif

void app_start(void) {
    forget();
    tm_port_led(0);
#ifdef TM_MICROPHONE
    lit_samples = 0;
    runs = TM_MICROPHONE.start(WAKE_WORD_RATE, 1, &microphone) == TM_SENSOR_RUNS;
    if (!runs) {
        say("the microphone does not answer", "");
    } else if (microphone.rate_mhz != WAKE_WORD_RATE * 1000u) {
        say("the microphone has another rate than the data", "");
    }
#else
    say("this board has no microphone", "");
#endif
}

void app_step(void) {
#ifdef TM_MICROPHONE
    int16_t samples[CHUNK];
    const uint32_t count = TM_MICROPHONE.read(samples, CHUNK);
    take(samples, count);
    if (TM_MICROPHONE.lost() != 0) {
        say("samples were lost", "");
        forget(); /* what comes now does not follow on what came before */
    }
    if (runs && count < CHUNK) {
        tm_port_sleep(); /* until the next interrupt */
    }
#endif
}

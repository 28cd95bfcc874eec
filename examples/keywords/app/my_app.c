/* SPDX-License-Identifier: Apache-2.0
 *
 * Listens to a microphone, says each word, and switches the LED: on by "go", off by "stop".
 * To use it: application = "my_app" in the section [firmware] of tinyml.toml.
 *
 * This file is yours, like all in this folder: no command writes here. What you may call is listed
 * in docs/applications.md of the toolkit. */
#include "app.h"
#include "keywords.h"
#include "keywords_decision.h"
#include "keywords_feed.h"

#define CHUNK (KEYWORDS_RATE / 50u) /* samples in 20 ms */
/* Their places in keywords_labels. */
#define GO 1
#define STOP 6

/* recording.S: "go" and "stop", 16-bit samples. */
extern const int16_t recording[], recording_end[];

static const int16_t *place;

/* Up to most samples that came since the last call. Here they are from a recording, as fast as they
 * are asked for: copy them from the buffer that your microphone fills. */
static uint32_t read_microphone(int16_t *samples, uint32_t most) {
    for (uint32_t i = 0; i < most; i++) {
        samples[i] = *place++;
        if (place == recording_end) {
            place = recording;
        }
    }
    return most;
}

static void act(int32_t word) {
    if (word == GO || word == STOP) {
        tm_port_led(word == GO ? 255 : 0);
    }
    char line[40];
    tm_text text = tm_text_over(line, sizeof line);
    tm_text_string(&text, "heard ");
    tm_text_string(&text, keywords_labels[word]);
    tm_app_say(&text);
}

void app_start(void) {
    keywords_init();
    keywords_feed_start(KEYWORDS_FEED_HOP);
    keywords_decide_start();
    place = recording;
}

void app_step(void) {
    int16_t samples[CHUNK];
    uint32_t count = read_microphone(samples, CHUNK);
    const int16_t *next = samples;
    while (count > 0) {
        const uint32_t taken = keywords_feed(next, count);
        next += taken;
        count -= taken;
        if (keywords_feed_window(keywords_input()) && keywords_invoke() == 0) {
            const int32_t word =
                keywords_decide(keywords_output()); /* [firmware.decision] is its rule */
            if (word >= 0) {
                act(word);
            }
        }
    }
}

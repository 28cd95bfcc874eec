/* SPDX-License-Identifier: Apache-2.0
 *
 * The firmware: answers commands, and runs the application while none comes. */
#include <stdbool.h>
#include <stddef.h>

#include "board_config.h"
#include "tm_clock.h"
#include "tm_pace.h"
#include "tm_port.h"
#include "tm_protocol.h"
#include "tm_rest.h"
#ifdef TM_RECORDER_BYTES
#include "tm_command_record.h"
#include "tm_recorder.h"
#endif

/* Of board_config.h: TM_INPUT_BYTES, the sizes of all model inputs together, and TM_KEEPS_INPUT,
 * whether RAM has room for a copy of them, so that an input is good for many inferences. */
#if TM_KEEPS_INPUT
static uint8_t input[TM_INPUT_BYTES];
#else
static uint8_t *const input = NULL;
#endif
static tm_protocol protocol;

/* Of board_config.h, for a benchmark's runner: TM_BENCHMARK_MODEL, the name that it knows the model
 * by; TM_LOAD_BYTES, what it sends for an input; TM_LOAD_FLIP, what is XORed to each byte of it;
 * TM_LOAD_FEATURES, how many float32 they are, 0 if they are none. */
#ifdef TM_BENCHMARK_MODEL
#if TM_LOAD_FEATURES
static float features[TM_LOAD_FEATURES];
#endif
static const tm_coding coding = {
    .model = TM_BENCHMARK_MODEL,
    .flip = TM_LOAD_FLIP,
    .load_bytes = TM_LOAD_BYTES,
#if TM_LOAD_FEATURES
    .features = features,
#endif
};
#endif

/* Frameworks have a main() of their own. */
#ifndef TM_MAIN
#define TM_MAIN main
#endif
int TM_MAIN(void);

static const tm_device device_of_port = {
    .board = TM_BOARD,
    .version = TM_FIRMWARE_VERSION,
    .made_by = TM_MADE_BY,
    .clock_hz = &tm_port_clock_hz,
    .write = tm_port_write,
    .cycles = tm_port_cycles,
    .microseconds = tm_clock_microseconds,
    .stack_used = tm_port_stack_used,
    .stack_size = tm_port_stack_size,
    .losses = tm_port_losses,
#if TM_HAS_FEED
    .feed = &tm_feed,
#endif
#ifdef TM_BENCHMARK_MODEL
    .coding = &coding,
#endif
#ifdef TM_RECORDER_BYTES
    .more = tm_command_record,
#endif
};

int TM_MAIN(void) {
    bool application_runs = true;
    tm_port_init();
    tm_protocol_start(&protocol, &device_of_port, input, TM_INPUT_BYTES);
    tm_pace_start();
    for (;;) {
        const int byte = tm_port_read();
        (void)tm_clock_microseconds();
#ifdef TM_RECORDER_BYTES
        tm_recorder_step();
#endif
        if (byte >= 0) {
            tm_protocol_receive(&protocol, (uint8_t)byte);
            application_runs = protocol.application_wanted;
            protocol.application_wanted = false;
            if (application_runs) {
                tm_pace_start();
            }
        } else if (application_runs) {
            tm_pace_step();
            tm_rest();
        }
        tm_port_led_step();
    }
}

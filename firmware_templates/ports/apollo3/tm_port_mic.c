/* SPDX-License-Identifier: Apache-2.0
 *
 * An analog microphone of the Apollo3 Blue: a channel of its ADC, by tm_port_scan.h.
 *
 * The amplifier inverts, and rests at a part of the supply that two resistors give. The ADC
 * measures the supply, by its own divider by 3, with the same reference as the microphone. So the
 * count of silence follows from the supply, whatever that is, and from no sound: the same at each
 * start. */
#include "tm_port_mic.h"

#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_port_scan.h"
#include "tm_port_sleep.h"

#if TM_MICROPHONE_BASE != 0x50010000
#error "the apollo3's analog microphone is on its ADC: base in [microphone]"
#endif

/* 14 bits, of which half are 1 V, as 16. */
#define PCM_A_COUNT 4

/* Conversions of the supply, at 100 Hz while the amplifier settles. The last ones are summed up. */
#define SUPPLY_HZ 100u
#define CONVERSIONS (TM_MICROPHONE_SETTLES_MS * SUPPLY_HZ / 1000u + 1u)
#define SUM_OF 16u
#define FIRST_LIMIT_US 50000u
#define MOST_SLEEPS 100000u

static volatile uint32_t came;
static volatile uint32_t sum;

static void take_supply(const int16_t *counts, uint32_t count) {
    for (uint32_t i = 0; i < count && came < CONVERSIONS; i++) {
        sum = sum + (came + SUM_OF < CONVERSIONS ? 0u : (uint32_t)counts[i]);
        came = came + 1u;
    }
}

/* The resistors' part of the supply, of which a third was measured. */
static int32_t count_of_silence(void) {
    const uint32_t lower = 3u * TM_MICROPHONE_BIAS_LOWER_KOHM;
    const uint32_t all = SUM_OF * (TM_MICROPHONE_BIAS_LOWER_KOHM + TM_MICROPHONE_BIAS_UPPER_KOHM);
    return (int32_t)((sum * lower + all / 2u) / all);
}

/* Sleeps only if conversions come, as it is they that wake it. */
static void settle(void) {
    const tm_scan_scale counts = {0, 1};
    came = sum = 0;
    (void)tm_scan_start(TM_SCAN_SUPPLY_BY_3, SUPPLY_HZ, counts, take_supply);
    for (uint32_t left = tm_looks_in(FIRST_LIMIT_US); left > 0 && came == 0; left--) {
    }
    for (uint32_t left = MOST_SLEEPS; left > 0 && came > 0 && came < CONVERSIONS; left--) {
        tm_port_sleep();
    }
    tm_scan_stop();
}

void tm_port_mic_start(void (*block)(const int16_t *samples, uint32_t count)) {
    tm_scan_on(TM_MICROPHONE_PAD);
    settle();
    const tm_scan_scale upside_down = {count_of_silence(), -PCM_A_COUNT};
    (void)tm_scan_start(TM_MICROPHONE_INPUT, TM_PORT_MIC_HZ, upside_down, block);
}

uint32_t tm_port_mic_lost(void) { return tm_scan_lost(); }

void tm_port_mic_stop(void) { tm_scan_stop(); }

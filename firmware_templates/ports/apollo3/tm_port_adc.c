/* SPDX-License-Identifier: Apache-2.0
 *
 * The analog input of the Apollo3 Blue: a channel of its ADC, by tm_port_scan.h. */
#include "tm_port_adc.h"

#include "board_config.h"
#include "tm_port_scan.h"

#if TM_ANALOG_BASE != 0x50010000
#error "the apollo3's analog input is its ADC: base in [analog]"
#endif

void tm_port_adc_start(uint32_t rate_hz, void (*take)(const int16_t *samples, uint32_t count),
                       tm_port_adc_setting *is) {
    const tm_scan_scale counts = {0, 1};
    tm_scan_on(TM_ANALOG_PAD);
    is->range_mv = TM_SCAN_FULL_SCALE_MV;
    is->counts = TM_SCAN_FULL_SCALE_COUNTS;
    is->rate_mhz = tm_scan_start(TM_ANALOG_INPUT, rate_hz, counts, take);
}

uint32_t tm_port_adc_lost(void) { return tm_scan_lost(); }

void tm_port_adc_stop(void) { tm_scan_stop(); }

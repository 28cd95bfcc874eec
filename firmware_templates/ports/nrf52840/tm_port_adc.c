/* SPDX-License-Identifier: Apache-2.0
 *
 * The analog input of the nRF52840: SAADC with EasyDMA, by tm_double_buffer.h, paced by TIMER2.
 *
 * Registers touched here:
 *   SAADC, TM_ANALOG_BASE 0x40007000 (PS 6.23): TASKS_START 0x000, TASKS_SAMPLE 0x004,
 *     TASKS_STOP 0x008, TASKS_CALIBRATEOFFSET 0x00C, EVENTS_STARTED 0x100, EVENTS_END 0x104,
 *     EVENTS_CALIBRATEDONE 0x110, EVENTS_STOPPED 0x114, INTENSET 0x304, INTENCLR 0x308,
 *     ENABLE 0x500, CH[0].PSELP 0x510, CH[0].CONFIG 0x518, RESOLUTION 0x5F0, OVERSAMPLE 0x5F4,
 *     SAMPLERATE 0x5F8, RESULT.PTR 0x62C, RESULT.MAXCNT 0x630
 *   TIMER2 0x4000A000, TIMER3 0x4001A000 (PS 6.30): beside those of tm_ppi.h EVENTS_COMPARE[0]
 * 0x140, SHORTS 0x200, PRESCALER 0x510 PPI: see tm_ppi.h
 *
 * TIMER2 asks for each sample, and the end of a buffer starts the next, both by PPI: no interrupt
 * has to come in time for that. TIMER3 counts the ends.
 *
 * STOP behind the calibration: anomaly 86 of the nRF52832, a sample that nobody asked for, is not
 * on Nordic's list for the nRF52840; its workaround costs nothing. */
#include "tm_port_adc.h"

#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_double_buffer.h"
#include "tm_interrupts.h"
#include "tm_ppi.h"

#define SAADC(offset) TM_REG(TM_ANALOG_BASE + (offset))
#define SAADC_TASKS_START 0x000u
#define SAADC_TASKS_SAMPLE 0x004u
#define SAADC_TASKS_STOP 0x008u
#define SAADC_TASKS_CALIBRATEOFFSET 0x00Cu
#define SAADC_EVENTS_STARTED 0x100u
#define SAADC_EVENTS_END 0x104u
#define SAADC_EVENTS_CALIBRATEDONE 0x110u
#define SAADC_EVENTS_STOPPED 0x114u
#define SAADC_INTENSET 0x304u
#define SAADC_INTEN_USED ((1u << 0) | (1u << 1)) /* STARTED, END */
#define SAADC_INTENCLR 0x308u
#define SAADC_ENABLE 0x500u
#define SAADC_ENABLED 1u
#define SAADC_CH0_PSELP 0x510u
#define SAADC_CH0_PSELP_AIN0 1u
#define SAADC_CH0_CONFIG 0x518u
/* Gain 1/6 of 0.6 V, 10 us of acquisition: for sources up to 100 kOhm; one end to ground. */
#define SAADC_CH0_CONFIG_3600_MV (2u << 16)
#define SAADC_RESOLUTION 0x5F0u
#define SAADC_RESOLUTION_12_BITS 2u
#define SAADC_OVERSAMPLE 0x5F4u
#define SAADC_SAMPLERATE 0x5F8u
#define SAADC_RESULT_PTR 0x62Cu
#define SAADC_RESULT_MAXCNT 0x630u

#define TIMER2_BASE 0x4000A000u
#define TIMER3_BASE 0x4001A000u
#define PACE_CHANNEL 0u
#define NEXT_CHANNEL 1u
#define ENDS_CHANNEL 2u
#define PACE_EVENTS_COMPARE0 0x140u
#define PACE_SHORTS 0x200u
#define PACE_SHORTS_COMPARE0_CLEAR 1u
#define PACE_PRESCALER 0x510u

#define TIMER_HZ 16000000u
#define FULL_SCALE_MV 3600u
#define FULL_SCALE_COUNTS 4096u
#define MOST_SAMPLES (TM_PORT_ADC_MOST_HZ / BLOCKS_PER_SECOND)
#define BLOCKS_PER_SECOND 64u
#define ADC_LIMIT_US 10000u

__attribute__((section(".tm_dma"), aligned(4))) static int16_t blocks[2][MOST_SAMPLES];
static tm_double_buffer buffer = {.started = TM_ANALOG_BASE + SAADC_EVENTS_STARTED,
                                  .end = TM_ANALOG_BASE + SAADC_EVENTS_END,
                                  .pointer = TM_ANALOG_BASE + SAADC_RESULT_PTR,
                                  .counter = TIMER3_BASE,
                                  .blocks = {blocks[0], blocks[1]}};

static void wait_for(uint32_t event) {
    for (uint32_t left = tm_looks_in(ADC_LIMIT_US); left > 0 && SAADC(event) == 0; left--) {
    }
    SAADC(event) = 0;
}

static void halt(void) {
    SAADC(SAADC_EVENTS_STOPPED) = 0;
    SAADC(SAADC_TASKS_STOP) = 1;
    wait_for(SAADC_EVENTS_STOPPED);
}

static void saadc_init(void) {
    SAADC(SAADC_CH0_PSELP) = SAADC_CH0_PSELP_AIN0 + TM_ANALOG_INPUT;
    SAADC(SAADC_CH0_CONFIG) = SAADC_CH0_CONFIG_3600_MV;
    SAADC(SAADC_RESOLUTION) = SAADC_RESOLUTION_12_BITS;
    SAADC(SAADC_OVERSAMPLE) = 0;
    SAADC(SAADC_SAMPLERATE) = 0; /* by the task */
    SAADC(SAADC_ENABLE) = SAADC_ENABLED;
    SAADC(SAADC_EVENTS_CALIBRATEDONE) = 0;
    SAADC(SAADC_TASKS_CALIBRATEOFFSET) = 1;
    wait_for(SAADC_EVENTS_CALIBRATEDONE);
    halt();
}

static void timers_init(uint32_t period) {
    TM_REG(TIMER2_BASE + PACE_TASKS_CLEAR) = 1;
    TM_REG(TIMER2_BASE + PACE_MODE) = 0;
    TM_REG(TIMER2_BASE + PACE_BITMODE) = PACE_BITMODE_32;
    TM_REG(TIMER2_BASE + PACE_PRESCALER) = 0;
    TM_REG(TIMER2_BASE + PACE_SHORTS) = PACE_SHORTS_COMPARE0_CLEAR;
    TM_REG(TIMER2_BASE + PACE_CC0) = period;
    tm_ppi_connect(PACE_CHANNEL, TIMER2_BASE + PACE_EVENTS_COMPARE0,
                   TM_ANALOG_BASE + SAADC_TASKS_SAMPLE);
    tm_ppi_connect(NEXT_CHANNEL, TM_ANALOG_BASE + SAADC_EVENTS_END,
                   TM_ANALOG_BASE + SAADC_TASKS_START);
    tm_ppi_count(TIMER3_BASE, ENDS_CHANNEL, TM_ANALOG_BASE + SAADC_EVENTS_END);
}

static uint32_t rate_within(uint32_t rate_hz) {
    return rate_hz < 1u ? 1u : rate_hz > TM_PORT_ADC_MOST_HZ ? TM_PORT_ADC_MOST_HZ : rate_hz;
}

void tm_port_adc_start(uint32_t rate_hz, void (*block)(const int16_t *samples, uint32_t count),
                       tm_port_adc_setting *is) {
    const uint32_t rate = rate_within(rate_hz);
    const uint32_t period = TIMER_HZ / rate;
    tm_port_adc_stop();
    is->rate_mhz = (uint32_t)((1000ull * TIMER_HZ + period / 2u) / period);
    is->range_mv = FULL_SCALE_MV;
    is->counts = FULL_SCALE_COUNTS;
    const uint32_t samples = rate < BLOCKS_PER_SECOND ? 1u : rate / BLOCKS_PER_SECOND;
    saadc_init();
    SAADC(SAADC_RESULT_MAXCNT) = samples;
    tm_double_buffer_begin(&buffer, samples, block);
    SAADC(SAADC_INTENSET) = SAADC_INTEN_USED;
    tm_interrupt_on(TM_INTERRUPT_SAADC);
    timers_init(period);
    SAADC(SAADC_TASKS_START) = 1;
    TM_REG(TIMER2_BASE + PACE_TASKS_START) = 1;
}

uint32_t tm_port_adc_lost(void) { return buffer.lost; }

void tm_port_adc_stop(void) {
    SAADC(SAADC_INTENCLR) = SAADC_INTEN_USED;
    TM_REG(TIMER2_BASE + PACE_TASKS_STOP) = 1;
    TM_REG(PPI_CHENCLR) = (1u << PACE_CHANNEL) | (1u << NEXT_CHANNEL);
    tm_ppi_count_stop(TIMER3_BASE, ENDS_CHANNEL);
    if (SAADC(SAADC_ENABLE) == SAADC_ENABLED) {
        halt();
    }
    SAADC(SAADC_ENABLE) = 0;
}

void TM_INTERRUPT(TM_INTERRUPT_SAADC)(void);

void TM_INTERRUPT(TM_INTERRUPT_SAADC)(void) { tm_double_buffer_interrupt(&buffer); }

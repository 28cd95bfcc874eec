/* SPDX-License-Identifier: Apache-2.0
 *
 * The microphone of the nRF52840: PDM with EasyDMA, by tm_double_buffer.h.
 *
 * Registers touched here:
 *   PDM, TM_MICROPHONE_BASE 0x4001D000 (PS 6.15): TASKS_START 0x000, TASKS_STOP 0x004,
 *     EVENTS_STARTED 0x100, EVENTS_STOPPED 0x104, EVENTS_END 0x108, INTENSET 0x304,
 *     INTENCLR 0x308, ENABLE 0x500, PDMCLKCTRL 0x504, MODE 0x508, GAINL 0x518, GAINR 0x51C,
 *     RATIO 0x520, PSEL.CLK 0x540, PSEL.DIN 0x544, SAMPLE.PTR 0x560, SAMPLE.MAXCNT 0x564
 *   GPIO P0 0x50000000, P1 0x50000300 (PS 6.9): OUTSET 0x508, OUTCLR 0x50C, PIN_CNF[n] 0x700 + 4 n
 *   TIMER4 0x4001B000 (PS 6.30), PPI: see tm_ppi.h
 *
 * 1.28 MHz by 80 are exactly 16 kHz. A buffer lasts 16 ms. TIMER4 counts their ends. */
#include "tm_port_pdm.h"

#include <stdbool.h>

#include "board_config.h"
#include "tm_double_buffer.h"
#include "tm_gpio.h"
#include "tm_interrupts.h"
#include "tm_ppi.h"

#define PDM(offset) TM_REG(TM_MICROPHONE_BASE + (offset))
#define PDM_TASKS_START 0x000u
#define PDM_TASKS_STOP 0x004u
#define PDM_EVENTS_STARTED 0x100u
#define PDM_EVENTS_STOPPED 0x104u
#define PDM_EVENTS_END 0x108u
#define PDM_INTENSET 0x304u
#define PDM_INTEN_USED ((1u << 0) | (1u << 2))
#define PDM_INTENCLR 0x308u
#define PDM_ENABLE 0x500u
#define PDM_ENABLED 1u
#define PDM_PDMCLKCTRL 0x504u
#define PDM_PDMCLKCTRL_1280K 0x0A000000u
#define PDM_MODE 0x508u
#define PDM_MODE_MONO 1u /* the left channel, at the falling edge */
#define PDM_GAINL 0x518u
#define PDM_GAINR 0x51Cu
#define PDM_GAIN_0_DB 0x28 /* in steps of 0.5 dB */
#define PDM_RATIO 0x520u
#define PDM_RATIO_80 1u
#define PDM_PSEL_CLK 0x540u
#define PDM_PSEL_DIN 0x544u
#define PDM_SAMPLE_PTR 0x560u
#define PDM_SAMPLE_MAXCNT 0x564u

#define TIMER4_BASE 0x4001B000u
#define BLOCKS_CHANNEL 3u

#define MOST_GAIN_DB 20
#define BLOCK_SAMPLES 256u
#define PDM_STOP_LIMIT_US 50000u

__attribute__((section(".tm_dma"), aligned(4))) static int16_t blocks[2][BLOCK_SAMPLES];
static tm_double_buffer buffer = {.started = TM_MICROPHONE_BASE + PDM_EVENTS_STARTED,
                                  .end = TM_MICROPHONE_BASE + PDM_EVENTS_END,
                                  .pointer = TM_MICROPHONE_BASE + PDM_SAMPLE_PTR,
                                  .counter = TIMER4_BASE,
                                  .blocks = {blocks[0], blocks[1]}};

static bool has_stopped(void) { return PDM(PDM_EVENTS_STOPPED) != 0; }

int32_t tm_port_pdm_most_gain(void) { return MOST_GAIN_DB; }

uint32_t tm_port_pdm_lost(void) { return buffer.lost; }

static void pdm_pins_init(void) {
#ifdef TM_PDM_POWER_PIN
    GPIO(TM_PDM_POWER_PORT, GPIO_OUTSET) = 1u << TM_PDM_POWER_PIN;
    GPIO(TM_PDM_POWER_PORT, GPIO_PIN_CNF(TM_PDM_POWER_PIN)) = GPIO_OUTPUT;
#endif
    GPIO(TM_PDM_CLOCK_PORT, GPIO_OUTCLR) = 1u << TM_PDM_CLOCK_PIN;
    GPIO(TM_PDM_CLOCK_PORT, GPIO_PIN_CNF(TM_PDM_CLOCK_PIN)) = GPIO_OUTPUT;
    GPIO(TM_PDM_DATA_PORT, GPIO_PIN_CNF(TM_PDM_DATA_PIN)) = GPIO_INPUT;
    PDM(PDM_PSEL_CLK) = 32u * TM_PDM_CLOCK_PORT + TM_PDM_CLOCK_PIN;
    PDM(PDM_PSEL_DIN) = 32u * TM_PDM_DATA_PORT + TM_PDM_DATA_PIN;
}

void tm_port_pdm_start(int32_t gain_db, void (*block)(const int16_t *samples, uint32_t count)) {
    tm_port_pdm_stop();
    pdm_pins_init();
    PDM(PDM_PDMCLKCTRL) = PDM_PDMCLKCTRL_1280K;
    PDM(PDM_RATIO) = PDM_RATIO_80;
    PDM(PDM_MODE) = PDM_MODE_MONO;
    PDM(PDM_GAINL) = (uint32_t)(PDM_GAIN_0_DB + 2 * gain_db);
    PDM(PDM_GAINR) = (uint32_t)(PDM_GAIN_0_DB + 2 * gain_db);
    PDM(PDM_SAMPLE_MAXCNT) = BLOCK_SAMPLES;
    tm_double_buffer_begin(&buffer, BLOCK_SAMPLES, block);
    PDM(PDM_INTENSET) = PDM_INTEN_USED;
    PDM(PDM_ENABLE) = PDM_ENABLED;
    tm_interrupt_on(TM_INTERRUPT_PDM);
    tm_ppi_count(TIMER4_BASE, BLOCKS_CHANNEL, TM_MICROPHONE_BASE + PDM_EVENTS_END);
    PDM(PDM_TASKS_START) = 1;
}

/* It stops at the end of the buffer that it has. */
void tm_port_pdm_stop(void) {
    PDM(PDM_INTENCLR) = PDM_INTEN_USED;
    if (PDM(PDM_ENABLE) == PDM_ENABLED) {
        PDM(PDM_EVENTS_STOPPED) = 0;
        PDM(PDM_TASKS_STOP) = 1;
        for (uint32_t left = tm_looks_in(PDM_STOP_LIMIT_US); left > 0 && !has_stopped(); left--) {
        }
    }
    PDM(PDM_ENABLE) = 0;
    tm_ppi_count_stop(TIMER4_BASE, BLOCKS_CHANNEL);
}

void TM_INTERRUPT(TM_INTERRUPT_PDM)(void);

void TM_INTERRUPT(TM_INTERRUPT_PDM)(void) { tm_double_buffer_interrupt(&buffer); }

/* SPDX-License-Identifier: Apache-2.0
 *
 * The ADC of the Apollo3 Blue, paced by timer A3, read from its FIFO by an interrupt.
 *
 * Registers touched here:
 *   ADC 0x50010000 (DS, ADC and Temperature Sensor): CFG 0x000, SWT 0x008, SL0CFG 0x00C, FIFO
 *     0x038, FIFOPR 0x03C, INTEN 0x200, INTSTAT 0x204, INTCLR 0x208
 *   CTIMER 0x40008000 (DS, Counter/Timer): TMR3 0x060, CMPRA3 0x064, CTRL3 0x06C
 *   PWRCTRL 0x40021000 (DS, Power Control): DEVPWREN 0x008, DEVPWRSTATUS 0x018
 *   GPIO, by tm_pads.h
 *
 * A trigger by software begins the series, timer A3 each conversion behind the first. The FIFO has
 * 16 entries; the interrupt comes with the twelfth, below 1 kHz with each conversion. It has no
 * flag that says that it ran over: timer B3 counts what A3 asked for, and where the FIFO was found
 * full, what of that did not come out of it is lost. No averaging: of n triggers there would be one
 * result. */
#include "tm_port_scan.h"

#include "tm_interrupts.h"
#include "tm_lock.h"
#include "tm_pads.h"

#define ADC_CFG 0x50010000u
#define ADC_CFG_ENABLE 1u
/* HFRC, kept on; triggered by software, then repeated; reference 2.0 V; a read of FIFOPR takes an
 * entry away. */
#define ADC_CFG_USED ((1u << 24) | (7u << 16) | (1u << 12) | (0u << 8) | (1u << 4) | (1u << 2))
#define ADC_SWT 0x50010008u
#define ADC_SWT_TRIGGER 0x37u
#define ADC_SL0CFG 0x5001000Cu
#define ADC_SL0CFG_14_BITS(channel) ((0u << 16) | (channel) << 8 | 1u)
#define ADC_FIFO 0x50010038u
#define ADC_FIFO_COUNT(entry) ((entry) >> 20 & 0xFFu)
#define ADC_FIFOPR 0x5001003Cu
#define ADC_FIFOPR_COUNTS(entry) ((entry) >> 6 & 0x3FFFu) /* 14.6 bits */
#define ADC_FIFO_ENTRIES 16u
#define ADC_INTEN 0x50010200u
#define ADC_INTCLR 0x50010208u
#define ADC_INT_CONVERSION 1u
#define ADC_INT_12_OF_16 (1u << 2)
#define ADC_INT_ALL 0xFFu

#define SCAN_PWRCTRL_DEVPWREN 0x40021008u
#define SCAN_PWRCTRL_DEVPWREN_ADC (1u << 9)
#define SCAN_PWRCTRL_DEVPWRSTATUS 0x40021018u
#define SCAN_PWRCTRL_DEVPWRSTATUS_ADC (1u << 5)
#define PAD_FUNCTION_ADC 0u

#define CTIMER_TMR3 0x40008060u /* the lower half is A3, the upper B3 */
#define CTIMER_CMPRA3 0x40008064u
#define CTIMER_CTRL3 0x4000806Cu
#define CTRL3_ADC (1u << 15)
#define CTRL3_A_ENABLE 1u
#define CTRL3_A_CLOCK(number) ((number) << 1)
#define CTRL3_A_REPEATED (1u << 6)
#define CTRL3_CLEAR ((1u << 11) | (1u << 27))
/* B3 runs on and counts A3's output. */
#define CTRL3_B_COUNTS_A ((6u << 22) | (20u << 17))
#define CTRL3_B_ENABLE (1u << 16)

#define HFRC_HZ 48000000u
#define MOST_COUNTS 65536u
#define EVERY_HZ 1000u /* from here on an interrupt brings 12 */
#define BEST_HZ 16000u
/* DS: 1.2 million conversions a second. */
#define CONVERSION_US 2u
#define SCAN_LIMIT_US 10000u

static void (*take_samples)(const int16_t *samples, uint32_t count);
static tm_scan_scale scale;
static uint32_t position;    /* of the next conversion */
static uint32_t short_ticks; /* of A3, within which a conversion may still be under way */
static volatile uint32_t lost;

static void wait_for(uint32_t address, uint32_t bits) {
    for (uint32_t left = tm_looks_in(SCAN_LIMIT_US); left > 0 && (TM_REG(address) & bits) == 0;
         left--) {
    }
}

static uint32_t waiting(void) {
    const uint32_t count = ADC_FIFO_COUNT(TM_REG(ADC_FIFO));
    return count < ADC_FIFO_ENTRIES ? count : ADC_FIFO_ENTRIES;
}

static int32_t next_count(void) { return (int32_t)ADC_FIFOPR_COUNTS(TM_REG(ADC_FIFOPR)); }

static int16_t as_sample(int32_t count) {
    const int32_t sample = scale.factor * (count - scale.rest);
    return (int16_t)(sample < INT16_MIN ? INT16_MIN : sample > INT16_MAX ? INT16_MAX : sample);
}

void tm_scan_stop(void) {
    TM_REG(CTIMER_CTRL3) = CTRL3_CLEAR;
    if ((TM_REG(SCAN_PWRCTRL_DEVPWRSTATUS) & SCAN_PWRCTRL_DEVPWRSTATUS_ADC) == 0) {
        return;
    }
    TM_REG(ADC_INTEN) = 0;
    TM_REG(ADC_CFG) = ADC_CFG_USED; /* with its clock: it needs it to power down */
}

void tm_scan_on(uint32_t pad) {
    TM_REG(SCAN_PWRCTRL_DEVPWREN) |= SCAN_PWRCTRL_DEVPWREN_ADC;
    wait_for(SCAN_PWRCTRL_DEVPWRSTATUS, SCAN_PWRCTRL_DEVPWRSTATUS_ADC);
    tm_scan_stop();
    TM_REG(GPIO_PADKEY) = GPIO_KEY;
    tm_pad_init(pad, PAD_FUNCTION(PAD_FUNCTION_ADC), GPIO_CFG_INPUT);
    TM_REG(GPIO_PADKEY) = 0;
}

/* The FIFO may hold what an earlier series left. */
static void adc_init(uint32_t channel) {
    TM_REG(ADC_CFG) = ADC_CFG_USED;
    TM_REG(ADC_SL0CFG) = ADC_SL0CFG_14_BITS(channel);
    TM_REG(ADC_CFG) = ADC_CFG_USED | ADC_CFG_ENABLE;
    for (uint32_t left = waiting(); left > 0; left--) {
        (void)next_count();
    }
    TM_REG(ADC_INTCLR) = ADC_INT_ALL;
}

/* The fastest clock of A3 whose turn of 16 bits is long enough. */
static uint32_t pace_init(uint32_t rate_hz) {
    static const struct {
        uint32_t divider, number;
    } clocks[] = {{4, 1}, {256, 3}, {1024, 4}};
    uint32_t i = 0;
    while (i < 2u && HFRC_HZ / clocks[i].divider / rate_hz > MOST_COUNTS) {
        i++;
    }
    const uint32_t hz = HFRC_HZ / clocks[i].divider;
    const uint32_t counts = hz / rate_hz;
    short_ticks = hz / 1000000u * CONVERSION_US + 1u;
    TM_REG(CTIMER_CTRL3) = CTRL3_CLEAR;
    TM_REG(CTIMER_CMPRA3) = counts - 1u;
    TM_REG(CTIMER_CTRL3) =
        CTRL3_ADC | CTRL3_A_REPEATED | CTRL3_A_CLOCK(clocks[i].number) | CTRL3_B_COUNTS_A;
    return (uint32_t)((1000ull * hz + counts / 2u) / counts);
}

/* The software's trigger comes within the first turn of A3, so that it is one more than B3 says. */
uint32_t tm_scan_start(uint32_t channel, uint32_t rate_hz, tm_scan_scale of_count,
                       void (*take)(const int16_t *samples, uint32_t count)) {
    const uint32_t rate = rate_hz < 1u ? 1u : rate_hz > BEST_HZ ? BEST_HZ : rate_hz;
    take_samples = take;
    scale = of_count;
    position = lost = 0;
    const uint32_t rate_mhz = pace_init(rate);
    adc_init(channel);
    TM_REG(ADC_INTEN) = rate < EVERY_HZ ? ADC_INT_CONVERSION : ADC_INT_12_OF_16;
    tm_interrupt_on(TM_INTERRUPT_ADC);
    const uint32_t lock = tm_lock();
    TM_REG(CTIMER_CTRL3) |= CTRL3_A_ENABLE | CTRL3_B_ENABLE;
    TM_REG(ADC_SWT) = ADC_SWT_TRIGGER;
    tm_unlock(lock);
    return rate_mhz;
}

uint32_t tm_scan_lost(void) { return lost; }

/* A read while B3 counts may be wrong; two alike are not. */
static uint32_t read_pace(void) {
    uint32_t before, now = TM_REG(CTIMER_TMR3);
    do {
        before = now;
        now = TM_REG(CTIMER_TMR3);
    } while (now >> 16 != before >> 16);
    return now;
}

/* How many conversions of those that A3, and at first the software, asked for did not come out. The
 * one that may be under way is none of them, though it may have ended: then that is -1. */
static uint32_t count_missing(uint32_t came) {
    const uint32_t now = read_pace();
    const uint32_t under_way = (now & 0xFFFFu) < short_ticks ? 1u : 0u;
    const uint16_t missing = (uint16_t)((now >> 16) + 1u - under_way - came);
    return missing == 0xFFFFu ? 0 : missing;
}

void TM_INTERRUPT(TM_INTERRUPT_ADC)(void);

void TM_INTERRUPT(TM_INTERRUPT_ADC)(void) {
    int16_t samples[ADC_FIFO_ENTRIES];
    TM_REG(ADC_INTCLR) = ADC_INT_ALL;
    const uint32_t found = waiting();
    for (uint32_t i = 0; i < found; i++) {
        samples[i] = as_sample(next_count());
    }
    position += found;
    take_samples(samples, found);
    if (found == ADC_FIFO_ENTRIES) {
        const uint32_t missing = count_missing(position + waiting());
        lost = lost + missing;
        position += missing;
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The analog input of the RP2040: its ADC in free running, an interrupt a sample.
 *
 * Registers touched here:
 *   RESETS (DS 2.14), by tm_reset_blocks
 *   PLL_USB 0x4002C000 (DS 2.18): CS 0x0, PWR 0x4, FBDIV_INT 0x8, PRIM 0xC
 *   CLOCKS 0x40008000 (DS 2.15): CLK_ADC_CTRL 0x60, CLK_ADC_DIV 0x64
 *   ADC, TM_ANALOG_BASE 0x4004C000 (DS 4.9): CS 0x00, FCS 0x08, FIFO 0x0C, DIV 0x10, INTE 0x18
 *   PADS_BANK0, IO_BANK0, by tm_pins.h
 *
 * Its divider makes no less than 732 samples a second: for less every n-th is taken. Where the FIFO
 * of 4 ran over, the cycle counter, of the same crystal, says how many samples were due. */
#include "tm_port_adc.h"

#include "board_config.h"
#include "tm_interrupts.h"
#include "tm_pins.h"
#include "tm_port.h"
#include "tm_rp2040.h"

#define RESETS_ADC (1u << 0)
#define RESETS_PLL_USB (1u << 13)
/* DS 2.18: 12 MHz times 100 is 1200 MHz; by 25 it is the 48 MHz that the ADC asks for. */
#define PLL_USB_CS 0x4002C000u
#define PLL_USB_CS_DIVIDED_BY_1 1u
#define PLL_USB_CS_LOCK (1u << 31)
#define PLL_USB_PWR 0x4002C004u
#define PLL_USB_PWR_PD_VCOPD ((1u << 0) | (1u << 5))
#define PLL_USB_PWR_POSTDIVPD (1u << 3)
#define PLL_USB_FBDIV_INT 0x4002C008u
#define PLL_USB_TIMES 100u
#define PLL_USB_PRIM 0x4002C00Cu
#define PLL_USB_PRIM_BY_5_AND_5 ((5u << 16) | (5u << 12))
#define PLL_USB_LIMIT_US 20000u
#define CLK_ADC_CTRL 0x40008060u
#define CLK_ADC_CTRL_ENABLE (1u << 11) /* of PLL_USB */
#define CLK_ADC_DIV 0x40008064u
#define CLK_ADC_DIV_BY_1 (1u << 8)

#define ADC(offset) TM_REG(TM_ANALOG_BASE + (offset))
#define ADC_CS 0x00u
#define ADC_CS_EN 1u
#define ADC_CS_START_MANY (1u << 3)
#define ADC_CS_READY (1u << 8)
#define ADC_CS_AINSEL(input) ((input) << 12)
#define ADC_FCS 0x08u
#define ADC_FCS_USED ((1u << 0) | (1u << 24)) /* EN, THRESH 1 */
#define ADC_FCS_OVER (1u << 11)
#define ADC_FCS_LEVEL (15u << 16)
#define ADC_FIFO 0x0Cu
#define ADC_FIFO_VAL 0xFFFu
#define ADC_DIV 0x10u
#define ADC_DIV_INT(cycles) ((cycles) << 8)
#define ADC_INTE 0x18u
#define ADC_INTE_FIFO 1u
#define FIRST_ANALOG_PIN 26u
#define ADC_LIMIT_US 1000u

#define ADC_MHZ 48u
#define ADC_HZ (ADC_MHZ * 1000000u)
#define MOST_CYCLES 65536u /* of the divider */
#define SUPPLY_MV 3300u
#define FULL_SCALE_COUNTS 4096u

static void (*take)(const int16_t *samples, uint32_t count);
static uint32_t period;   /* of a conversion, in the ADC's cycles */
static uint32_t every;    /* which conversions are samples */
static uint32_t position; /* of the next conversion */
static uint64_t elapsed;  /* cycles of the core since the start */
static uint32_t counted;  /* the cycle counter then */
static volatile uint32_t lost;

static void adc_clock_init(void) {
    (void)tm_reset_blocks(RESETS_PLL_USB);
    TM_REG(PLL_USB_CS) = PLL_USB_CS_DIVIDED_BY_1;
    TM_REG(PLL_USB_FBDIV_INT) = PLL_USB_TIMES;
    TM_REG(PLL_USB_PWR) &= ~PLL_USB_PWR_PD_VCOPD;
    if (!tm_wait_for_bits(PLL_USB_CS, PLL_USB_CS_LOCK, PLL_USB_LIMIT_US)) {
        tm_cortex_m_complain("PLL_USB did not start: the analog input gives nothing");
        return;
    }
    TM_REG(PLL_USB_PRIM) = PLL_USB_PRIM_BY_5_AND_5;
    TM_REG(PLL_USB_PWR) &= ~PLL_USB_PWR_POSTDIVPD;
    TM_REG(CLK_ADC_DIV) = CLK_ADC_DIV_BY_1;
    TM_REG(CLK_ADC_CTRL) = CLK_ADC_CTRL_ENABLE;
}

static void adc_init(void) {
    PADS_GPIO(TM_ANALOG_PIN) = PADS_OUTPUT_OFF;
    IO_GPIO_CTRL(TM_ANALOG_PIN) = IO_FUNCTION_NONE;
    adc_clock_init();
    (void)tm_reset_blocks(RESETS_ADC);
    ADC(ADC_CS) = ADC_CS_EN | ADC_CS_AINSEL(TM_ANALOG_PIN - FIRST_ANALOG_PIN);
    (void)tm_wait_for_bits(TM_ANALOG_BASE + ADC_CS, ADC_CS_READY, ADC_LIMIT_US);
    ADC(ADC_FCS) = ADC_FCS_USED;
    ADC(ADC_DIV) = ADC_DIV_INT(period - 1u);
    ADC(ADC_INTE) = ADC_INTE_FIFO;
}

static uint32_t rate_within(uint32_t rate_hz) {
    return rate_hz < 1u ? 1u : rate_hz > TM_PORT_ADC_MOST_HZ ? TM_PORT_ADC_MOST_HZ : rate_hz;
}

void tm_port_adc_start(uint32_t rate_hz, void (*block)(const int16_t *samples, uint32_t count),
                       tm_port_adc_setting *is) {
    const uint32_t cycles = ADC_HZ / rate_within(rate_hz);
    every = (cycles + MOST_CYCLES - 1u) / MOST_CYCLES;
    period = cycles / every;
    is->rate_mhz = (uint32_t)(1000ull * ADC_HZ / (every * period));
    is->range_mv = SUPPLY_MV;
    is->counts = FULL_SCALE_COUNTS;
    take = block;
    lost = position = 0;
    elapsed = 0;
    adc_init();
    tm_interrupt_on(TM_INTERRUPT_ADC);
    counted = tm_port_cycles();
    ADC(ADC_CS) |= ADC_CS_START_MANY;
}

uint32_t tm_port_adc_lost(void) { return lost; }

void tm_port_adc_stop(void) {
    ADC(ADC_INTE) = 0;
    ADC(ADC_CS) = 0;
}

static void pass_time(void) {
    const uint32_t now = tm_port_cycles();
    elapsed += now - counted;
    counted = now;
}

static uint32_t samples_before(uint32_t conversion) { return (conversion + every - 1u) / every; }

static void count_lost(void) {
    const uint32_t due =
        (uint32_t)(elapsed * ADC_MHZ / ((uint64_t)(tm_port_clock_hz / 1000000u) * period));
    if (due > position) {
        lost = lost + samples_before(due) - samples_before(position);
        position = due;
    }
}

void TM_INTERRUPT(TM_INTERRUPT_ADC)(void);

void TM_INTERRUPT(TM_INTERRUPT_ADC)(void) {
    const bool ran_over = (ADC(ADC_FCS) & ADC_FCS_OVER) != 0;
    pass_time();
    while ((ADC(ADC_FCS) & ADC_FCS_LEVEL) != 0) {
        const int16_t sample = (int16_t)(ADC(ADC_FIFO) & ADC_FIFO_VAL);
        if (position % every == 0) {
            take(&sample, 1);
        }
        position++;
    }
    if (ran_over) {
        ADC(ADC_FCS) = ADC_FCS_USED | ADC_FCS_OVER; /* a one clears it */
        count_lost();
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The analog input of the STM32F746: ADC1, an interrupt a sample, paced by TIM5. Source: RM0385
 * rev 8 (RM); DS STM32F746xx (channels of the pins).
 *
 * Registers touched here:
 *   RCC 0x40023800 (RM 5.3): APB1ENR 0x40, APB2ENR 0x44
 *   ADC1, TM_ANALOG_BASE 0x40012000 (RM 15.13): SR 0x00, CR1 0x04, CR2 0x08, SMPR2 0x10, SQR1 0x2C,
 *     SQR3 0x34, DR 0x4C; of all three ADCs, 0x40012300: CCR 0x04
 *   TIM5 0x40000C00, TIM3 0x40000400 (RM 23.4): CR1 0x00, CR2 0x04, SMCR 0x08, CNT 0x24, PSC 0x28,
 *     ARR 0x2C
 *   GPIO ports (RM 6.4): MODER 0x00
 *
 * TIM5 asks for each sample by its update, without an interrupt. A sample that was not taken is
 * overwritten by the next, as overrun is only looked for with DMA or EOCS (RM 15.8.1): TIM3 counts
 * what TIM5 asked for, and what the interrupt did not see of that is lost. */
#include "tm_port_adc.h"

#include "board_config.h"
#include "tm_gpio.h"
#include "tm_interrupts.h"
#include "tm_port.h"

#define ADC(offset) TM_REG(TM_ANALOG_BASE + (offset))
#define ADC_SR 0x00u
#define ADC_SR_EOC (1u << 1)
#define ADC_CR1 0x04u
#define ADC_CR1_EOCIE (1u << 5) /* 12 bits */
#define ADC_CR2 0x08u
#define ADC_CR2_ADON 1u
#define ADC_CR2_BY_TIM5 ((1u << 28) | (4u << 24)) /* the rising edge of TIM5's TRGO */
#define ADC_SMPR2 0x10u
#define ADC_SMPR2_144(channel) (6u << 3u * (channel))
#define ADC_SQR1 0x2Cu
#define ADC_SQR3 0x34u
#define ADC_DR 0x4Cu
#define ADC_CCR 0x40012304u
#define ADC_CCR_QUARTER (1u << 16) /* 27 MHz, of at most 36 (DS, ADC characteristics) */
/* Of TIM5's ticks, which run at the clock that the ADC divides by 4: 144 of sampling, 12 more. */
#define CONVERSION_TICKS (4u * (144u + 12u))

#define RCC_APB1ENR 0x40023840u
#define RCC_APB1ENR_TIM3_TIM5 ((1u << 1) | (1u << 3))
#define RCC_APB2ENR 0x40023844u
#define RCC_APB2ENR_ADC1 (1u << 8)

#define TIM5_CR1 0x40000C00u
#define TIM5_CR2 0x40000C04u
#define TIM5_CR2_UPDATE (2u << 4)
#define TIM5_CNT 0x40000C24u
#define TIM5_PSC 0x40000C28u
#define TIM5_ARR 0x40000C2Cu
#define TIM3_CR1 0x40000400u
#define TIM3_SMCR 0x40000408u
#define TIM3_SMCR_COUNTS_TIM5 ((2u << 4) | 7u) /* ITR2 as clock: RM 23.4.3 */
#define TIM3_CNT 0x40000424u
#define TIM_CEN 1u
#define GPIO_MODE_ANALOG 3u

#define SUPPLY_MV 3300u
#define FULL_SCALE_COUNTS 4096u
#define STABLE_US 10u /* tSTAB of DS is 3 */

static void (*take)(const int16_t *samples, uint32_t count);
static uint16_t asked_before;
static volatile uint32_t lost;

static void input_init(void) {
    TM_REG(RCC_GPIO_ENABLE) |= 1u << TM_ANALOG_PORT;
    TM_REG(RCC_APB1ENR) |= RCC_APB1ENR_TIM3_TIM5;
    TM_REG(RCC_APB2ENR) |= RCC_APB2ENR_ADC1;
    tm_barrier();
    tm_field_set(&GPIO(TM_ANALOG_PORT, GPIO_MODER), 2u * TM_ANALOG_PIN, 2, GPIO_MODE_ANALOG);
}

static void adc_init(void) {
    TM_REG(ADC_CCR) = ADC_CCR_QUARTER;
    ADC(ADC_CR1) = ADC_CR1_EOCIE;
    ADC(ADC_SMPR2) = ADC_SMPR2_144(TM_ANALOG_INPUT);
    ADC(ADC_SQR1) = 0; /* one conversion */
    ADC(ADC_SQR3) = TM_ANALOG_INPUT;
    ADC(ADC_CR2) = ADC_CR2_ADON;
    tm_wait(STABLE_US);
    ADC(ADC_SR) = 0;
    ADC(ADC_CR2) = ADC_CR2_ADON | ADC_CR2_BY_TIM5;
}

/* The update that TIM5 makes of PSC, 0 after reset, needs no UG, which would ask for a sample. */
static void pace_init(uint32_t period) {
    TM_REG(TIM3_SMCR) = TIM3_SMCR_COUNTS_TIM5;
    TM_REG(TIM3_CNT) = 0;
    TM_REG(TIM3_CR1) = TIM_CEN;
    TM_REG(TIM5_PSC) = 0;
    TM_REG(TIM5_ARR) = period - 1u;
    TM_REG(TIM5_CNT) = 0;
    TM_REG(TIM5_CR2) = TIM5_CR2_UPDATE;
}

static uint32_t rate_within(uint32_t rate_hz) {
    return rate_hz < 1u ? 1u : rate_hz > TM_PORT_ADC_MOST_HZ ? TM_PORT_ADC_MOST_HZ : rate_hz;
}

void tm_port_adc_start(uint32_t rate_hz, void (*block)(const int16_t *samples, uint32_t count),
                       tm_port_adc_setting *is) {
    const uint32_t timer_hz = TIM2_HZ(tm_port_clock_hz); /* that of all timers of APB1 */
    const uint32_t period = timer_hz / rate_within(rate_hz);
    input_init();
    tm_port_adc_stop();
    is->rate_mhz = (uint32_t)((1000ull * timer_hz + period / 2u) / period);
    is->range_mv = SUPPLY_MV;
    is->counts = FULL_SCALE_COUNTS;
    take = block;
    lost = asked_before = 0;
    pace_init(period);
    adc_init();
    tm_interrupt_on(TM_INTERRUPT_ADC);
    TM_REG(TIM5_CR1) = TIM_CEN;
}

uint32_t tm_port_adc_lost(void) { return lost; }

void tm_port_adc_stop(void) {
    TM_REG(TIM5_CR1) = 0;
    TM_REG(TIM3_CR1) = 0;
    ADC(ADC_CR2) = 0;
    ADC(ADC_CR1) = 0;
}

void TM_INTERRUPT(TM_INTERRUPT_ADC)(void);

/* Reading DR clears EOC. What TIM5 has just asked for is still being converted. */
void TM_INTERRUPT(TM_INTERRUPT_ADC)(void) {
    if ((ADC(ADC_SR) & ADC_SR_EOC) == 0) {
        return;
    }
    const int16_t sample = (int16_t)ADC(ADC_DR);
    const uint32_t under_way = TM_REG(TIM5_CNT) < CONVERSION_TICKS ? 1u : 0u;
    const uint16_t asked = (uint16_t)(TM_REG(TIM3_CNT) - under_way);
    const uint16_t more = (uint16_t)(asked - asked_before);
    asked_before = asked;
    lost = lost + (more > 0 ? more - 1u : 0u);
    take(&sample, 1);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Apollo3 Blue. Source of every address and bit: Apollo3 Blue Datasheet, Ambiq DS-A3-0p9p1 (DS), by
 * the names of its chapters.
 *
 * Registers touched here:
 *   CLKGEN 0x40004000 (DS, Clock Generator): CLKKEY 0x014, CCTRL 0x018
 *   PWRCTRL 0x40021000 (DS, Power Control): DEVPWREN 0x008, MEMPWREN 0x010, DEVPWRSTATUS 0x018
 *   CACHECTRL 0x40018000 (DS, Flash Cache): CACHECFG 0x000, CTRL 0x008
 *   GPIO 0x40010000 (DS, GPIO and Pad Configuration): PADREG 0x000 (a byte a pad), CFG 0x040
 *     (four bits a pad), PADKEY 0x060, WTSA 0x090, WTSB 0x094, WTCA 0x098, WTCB 0x09C
 *   UART0, TM_UART_BASE 0x4001C000 (DS, UART): a PL011 (tm_pl011.h) with clock bits in CR 0x030 */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_dither.h"
#include "tm_interrupts.h"
#include "tm_pads.h"
#include "tm_pl011.h"
#include "tm_port.h"

#define CLKGEN_CLKKEY 0x40004014u
#define CLKGEN_KEY 0x47u
#define CLKGEN_CCTRL 0x40004018u
#define PWRCTRL_DEVPWREN 0x40021008u
#define PWRCTRL_DEVPWREN_UART0 (1u << 7)
#define PWRCTRL_MEMPWREN 0x40021010u
#define PWRCTRL_MEMPWREN_CACHE (3u << 30)
#define PWRCTRL_DEVPWRSTATUS 0x40021018u
#define PWRCTRL_DEVPWRSTATUS_HCPA (1u << 2)
#define CACHECTRL_CACHECFG 0x40018000u
#define CACHECFG_ENABLE 1u
#define CACHECFG_TWO_WAYS (5u << 4)
#define CACHECFG_INSTRUCTIONS_AND_DATA (3u << 8)
#define CACHECFG_CLOCK_GATES ((1u << 10) | (1u << 20))
#define CACHECTRL_CTRL 0x40018008u
#define CACHECTRL_INVALIDATE 1u
#define CACHECTRL_READY (1u << 2)
#define UART_CR_CLOCK_24MHZ ((1u << 4) | (1u << 3))
#define UART_CLOCK_HZ 24000000u
#define WAIT_US 10000u
#define SHOWN_LOW 1u
#define SHOWN_HIGH 2u

static tm_dither leds[4];
static uint8_t shown[4]; /* the level of each pad, and whether it was written */
static const uint8_t led_pads[4] = {TM_LED_0_PAD, TM_LED_1_PAD, TM_LED_2_PAD, TM_LED_3_PAD};

static bool uart_is_powered(void) {
    return (TM_REG(PWRCTRL_DEVPWRSTATUS) & PWRCTRL_DEVPWRSTATUS_HCPA) != 0;
}

static bool cache_is_ready(void) { return (TM_REG(CACHECTRL_CTRL) & CACHECTRL_READY) != 0; }

static void clock_init(void) {
    TM_REG(CLKGEN_CLKKEY) = CLKGEN_KEY;
    TM_REG(CLKGEN_CCTRL) = 0; /* HFRC, 48 MHz, undivided */
    TM_REG(CLKGEN_CLKKEY) = 0;
}

static void cache_init(void) {
    const uint32_t config = CACHECFG_ENABLE | CACHECFG_TWO_WAYS | CACHECFG_CLOCK_GATES;
    TM_REG(PWRCTRL_MEMPWREN) |= PWRCTRL_MEMPWREN_CACHE;
    /* A bootloader may have it on: it is off before anything else of it is changed. */
    TM_REG(CACHECTRL_CACHECFG) &= ~(CACHECFG_ENABLE | CACHECFG_INSTRUCTIONS_AND_DATA);
    TM_REG(CACHECTRL_CACHECFG) = config;
    (void)tm_wait_until(cache_is_ready, WAIT_US);
    TM_REG(CACHECTRL_CTRL) = CACHECTRL_INVALIDATE;
    (void)tm_wait_until(cache_is_ready, WAIT_US);
    TM_REG(CACHECTRL_CACHECFG) = config | CACHECFG_INSTRUCTIONS_AND_DATA;
}

static void pads_init(void) {
    TM_REG(GPIO_PADKEY) = GPIO_KEY;
    tm_pad_init(TM_UART_TX_PAD, PAD_FUNCTION(TM_UART_TX_FUNCTION), GPIO_CFG_INPUT);
    /* Pulled up, because an open line would be noise. */
    tm_pad_init(TM_UART_RX_PAD, PAD_FUNCTION(TM_UART_RX_FUNCTION) | PAD_INPUT_ENABLE | PAD_PULL_UP,
                GPIO_CFG_INPUT);
    for (uint32_t i = 0; i < 4; i++) {
        tm_pad_init(led_pads[i], PAD_FUNCTION(PAD_FUNCTION_GPIO) | PAD_STRONG, GPIO_CFG_PUSH_PULL);
    }
    TM_REG(GPIO_PADKEY) = 0;
}

static void uart_init(void) {
    TM_REG(PWRCTRL_DEVPWREN) |= PWRCTRL_DEVPWREN_UART0;
    (void)tm_wait_until(uart_is_powered, WAIT_US);
    PL011(PL011_CR) = 0;
    tm_pl011_init(UART_CLOCK_HZ, UART_CR_CLOCK_24MHZ);
    tm_interrupt_on(TM_INTERRUPT_UART0);
}

void tm_port_init(void) {
    clock_init();
    cache_init();
    pads_init();
    uart_init();
    tm_port_led(0);
    tm_port_led_step();
    tm_cortex_m_port_is_ready();
}

void TM_INTERRUPT(TM_INTERRUPT_UART0)(void);

void TM_INTERRUPT(TM_INTERRUPT_UART0)(void) { tm_pl011_interrupt(); }

void tm_port_write(const char *data, uint32_t length) { tm_pl011_write(data, length); }

void tm_port_flush(void) { tm_pl011_flush(); }

/* The four LEDs are a bar: each shows a quarter of the range. */
void tm_port_led(uint8_t brightness) {
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t bar = 4u * brightness;
        const uint32_t below = 255u * i;
        const uint32_t level = bar > below ? bar - below : 0;
        leds[i].level = (uint8_t)(level < 255u ? level : 255u);
    }
}

/* Only what changes: this is called at each turn of the main loop, and mostly nothing does. */
void tm_port_led_step(void) {
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t word = 4u * (led_pads[i] / 32u);
        const bool high = tm_dither_step(&leds[i]) != (TM_LED_ACTIVE_LOW != 0);
        const uint8_t level = high ? SHOWN_HIGH : SHOWN_LOW;
        if (shown[i] != level) {
            TM_REG((high ? GPIO_WTS : GPIO_WTC) + word) = 1u << (led_pads[i] % 32u);
            shown[i] = level;
        }
    }
}

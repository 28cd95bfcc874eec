/* SPDX-License-Identifier: Apache-2.0
 *
 * The screen of the STM32F746G Discovery: RK043FN48H, 480 by 272, on LTDC. Sources: RM0385 rev 8
 * (RM); UM1907 rev 5 and the board's schematic MB1191, sheet LCD (pins); DS STM32F746xx, table 12
 * (alternate functions); Rocktech RK043FN48H data sheet (timing).
 *
 * Registers touched here:
 *   RCC 0x40023800 (RM 5.3): CR 0x00, AHB1ENR 0x30, APB2ENR 0x44, PLLSAICFGR 0x88, DCKCFGR1 0x8C
 *   LTDC, TM_DISPLAY_BASE 0x40016800 (RM 18.7): SSCR 0x08, BPCR 0x0C, AWCR 0x10, TWCR 0x14, GCR
 *     0x18, SRCR 0x24, BCCR 0x2C, L1CR 0x84, L1WHPCR 0x88, L1WVPCR 0x8C, L1PFCR 0x94, L1CACR 0x98,
 *     L1BFCR 0xA0, L1CFBAR 0xAC, L1CFBLR 0xB0, L1CFBLNR 0xB4, L1CLUTWR 0xC4
 *   GPIO ports (RM 6.4): MODER 0x00, BSRR 0x18, AFRL 0x20, AFRH 0x24
 *   SCB (DUI 4.5): DCCMVAC 0xE000EF68
 *
 * LTDC reads the pixels by the bus matrix: it sees neither the DTCM, which is the first 64 kB of
 * RAM, nor what still is in the data cache. So they are aligned to 64 kB in a section behind the
 * stack and all else, and are cleaned out of the cache when they are shown. */
#include "tm_port_display.h"

#include <stdbool.h>

#include "tm_gpio.h"

#define LTDC(offset) TM_REG(TM_DISPLAY_BASE + (offset))
#define LTDC_SSCR 0x08u
#define LTDC_BPCR 0x0Cu
#define LTDC_AWCR 0x10u
#define LTDC_TWCR 0x14u
#define LTDC_GCR 0x18u
#define LTDC_GCR_LTDCEN 1u
#define LTDC_SRCR 0x24u
#define LTDC_SRCR_IMR 1u
#define LTDC_BCCR 0x2Cu
#define LTDC_L1CR 0x84u
#define LTDC_L1CR_USED ((1u << 0) | (1u << 4)) /* LEN, CLUTEN */
#define LTDC_L1WHPCR 0x88u
#define LTDC_L1WVPCR 0x8Cu
#define LTDC_L1PFCR 0x94u
#define LTDC_L1PFCR_L8 5u
#define LTDC_L1CACR 0x98u
#define LTDC_L1CACR_OPAQUE 255u
#define LTDC_L1BFCR 0xA0u
#define LTDC_L1BFCR_CONSTANT ((4u << 8) | 5u)
#define LTDC_L1CFBAR 0xACu
#define LTDC_L1CFBLR 0xB0u
#define LTDC_L1CFBLNR 0xB4u
#define LTDC_L1CLUTWR 0xC4u

#define RCC_CR 0x40023800u
#define RCC_CR_PLLSAION (1u << 28)
#define RCC_CR_PLLSAIRDY (1u << 29)
#define RCC_APB2ENR 0x40023844u
#define RCC_APB2ENR_LTDC (1u << 26)
/* The PLL's source, 1 MHz, times 192, by 5: 38.4 MHz; Q as after reset. */
#define RCC_PLLSAICFGR 0x40023888u
#define RCC_PLLSAICFGR_38_4_MHZ ((5u << 28) | (4u << 24) | (192u << 6))
#define RCC_DCKCFGR1 0x4002388Cu
#define RCC_DCKCFGR1_PLLSAIDIVR (3u << 16)
#define RCC_DCKCFGR1_QUARTER (1u << 16) /* 9.6 MHz: 59 pictures a second */
#define PLLSAI_LIMIT_US 10000u
#define SCB_DCCMVAC 0xE000EF68u
#define CACHE_LINE 32u
#define DTCM_BYTES 0x10000u

/* Of the panel, in pixels and lines: sync, back porch, front porch. */
#define H_SYNC 41u
#define H_BACK 13u
#define H_FRONT 32u
#define V_SYNC 10u
#define V_BACK 2u
#define V_FRONT 2u
#define ACROSS(pixels, lines) ((pixels) << 16 | (lines))

#if TM_DISPLAY_WIDTH % CACHE_LINE != 0
#error "a row of the screen must be whole lines of the cache"
#endif

/* One bit a pin: R0 is PI15, R1 to R7 PJ0 to PJ6, G0 to G4 PJ7 to PJ11, G5 to G7 PK0 to PK2, B0
 * PE4, B1 to B3 PJ13 to PJ15, B4 PG12, B5 to B7 PK4 to PK6, DE PK7, VSYNC PI9, HSYNC PI10, CLK
 * PI14. LCD_DISP is PI12, the backlight PK3. */
#define PORT_E 4u
#define PORT_G 6u
#define PORT_I 8u
#define PORT_J 9u
#define PORT_K 10u
#define PINS_E (1u << 4)
#define PINS_G (1u << 12)
#define PINS_I ((1u << 9) | (1u << 10) | (1u << 14) | (1u << 15))
#define PINS_J 0xEFFFu
#define PINS_K 0x00F7u
#define AF_LTDC 14u
#define AF_LTDC_OF_PG12 9u
#define LCD_DISP 12u
#define BACKLIGHT 3u

__attribute__((section(".tm_display"),
               aligned(DTCM_BYTES))) static uint8_t pixels[TM_DISPLAY_HEIGHT * TM_DISPLAY_WIDTH];
static bool is_on;

static bool pllsai_runs(void) { return (TM_REG(RCC_CR) & RCC_CR_PLLSAIRDY) != 0; }

static void pins_to_ltdc(uint32_t port, uint32_t pins, uint32_t function) {
    for (uint32_t pin = 0; pin < 16u; pin++) {
        if ((pins >> pin & 1u) != 0) {
            tm_field_set(&GPIO(port, GPIO_AFRL + 4u * (pin / 8u)), 4u * (pin % 8u), 4, function);
            tm_field_set(&GPIO(port, GPIO_MODER), 2u * pin, 2, GPIO_MODE_ALTERNATE);
        }
    }
}

static void pin_is_high(uint32_t port, uint32_t pin) {
    GPIO(port, GPIO_BSRR) = 1u << pin;
    tm_field_set(&GPIO(port, GPIO_MODER), 2u * pin, 2, GPIO_MODE_OUTPUT);
}

static void lcd_pins_init(void) {
    TM_REG(RCC_GPIO_ENABLE) |=
        1u << PORT_E | 1u << PORT_G | 1u << PORT_I | 1u << PORT_J | 1u << PORT_K;
    tm_barrier();
    pins_to_ltdc(PORT_E, PINS_E, AF_LTDC);
    pins_to_ltdc(PORT_G, PINS_G, AF_LTDC_OF_PG12);
    pins_to_ltdc(PORT_I, PINS_I, AF_LTDC);
    pins_to_ltdc(PORT_J, PINS_J, AF_LTDC);
    pins_to_ltdc(PORT_K, PINS_K, AF_LTDC);
}

static void pixel_clock_init(void) {
    TM_REG(RCC_PLLSAICFGR) = RCC_PLLSAICFGR_38_4_MHZ;
    TM_REG(RCC_DCKCFGR1) = (TM_REG(RCC_DCKCFGR1) & ~RCC_DCKCFGR1_PLLSAIDIVR) | RCC_DCKCFGR1_QUARTER;
    TM_REG(RCC_CR) |= RCC_CR_PLLSAION;
    if (!tm_wait_until(pllsai_runs, PLLSAI_LIMIT_US)) {
        tm_cortex_m_complain("The screen's PLL did not start: it stays dark");
    }
    TM_REG(RCC_APB2ENR) |= RCC_APB2ENR_LTDC;
    tm_barrier();
}

/* Sums of what comes before, less one: RM 18.4.1. */
static void timing_init(void) {
    const uint32_t left = H_SYNC + H_BACK, top = V_SYNC + V_BACK;
    const uint32_t right = left + TM_DISPLAY_WIDTH, bottom = top + TM_DISPLAY_HEIGHT;
    LTDC(LTDC_SSCR) = ACROSS(H_SYNC - 1u, V_SYNC - 1u);
    LTDC(LTDC_BPCR) = ACROSS(left - 1u, top - 1u);
    LTDC(LTDC_AWCR) = ACROSS(right - 1u, bottom - 1u);
    LTDC(LTDC_TWCR) = ACROSS(right + H_FRONT - 1u, bottom + V_FRONT - 1u);
    LTDC(LTDC_BCCR) = 0;
    LTDC(LTDC_L1WHPCR) = ACROSS(right - 1u, left);
    LTDC(LTDC_L1WVPCR) = ACROSS(bottom - 1u, top);
}

static void layer_init(void) {
    for (uint32_t grey = 0; grey < 256u; grey++) {
        LTDC(LTDC_L1CLUTWR) = grey << 24 | grey << 16 | grey << 8 | grey;
    }
    LTDC(LTDC_L1PFCR) = LTDC_L1PFCR_L8;
    LTDC(LTDC_L1CACR) = LTDC_L1CACR_OPAQUE;
    LTDC(LTDC_L1BFCR) = LTDC_L1BFCR_CONSTANT;
    LTDC(LTDC_L1CFBAR) = (uint32_t)(uintptr_t)pixels;
    LTDC(LTDC_L1CFBLR) = ACROSS(TM_DISPLAY_WIDTH, TM_DISPLAY_WIDTH + 3u); /* RM 18.7.21 */
    LTDC(LTDC_L1CFBLNR) = TM_DISPLAY_HEIGHT;
    LTDC(LTDC_L1CR) = LTDC_L1CR_USED;
    LTDC(LTDC_SRCR) = LTDC_SRCR_IMR;
}

uint8_t *tm_port_display_on(void) {
    if (is_on) {
        return pixels;
    }
    is_on = true;
    for (uint32_t i = 0; i < sizeof pixels; i++) {
        pixels[i] = 0;
    }
    tm_port_display_show(0, TM_DISPLAY_HEIGHT);
    lcd_pins_init();
    pixel_clock_init();
    timing_init();
    layer_init();
    LTDC(LTDC_GCR) |= LTDC_GCR_LTDCEN; /* every signal is active when low, as after reset */
    pin_is_high(PORT_I, LCD_DISP);
    pin_is_high(PORT_K, BACKLIGHT);
    return pixels;
}

void tm_port_display_show(uint32_t first_row, uint32_t rows) {
    const uint8_t *const from = pixels + first_row * TM_DISPLAY_WIDTH;
    __asm volatile("dsb" ::: "memory");
    for (uint32_t i = 0; i < rows * TM_DISPLAY_WIDTH; i += CACHE_LINE) {
        TM_REG(SCB_DCCMVAC) = (uint32_t)(uintptr_t)(from + i);
    }
    tm_barrier();
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * RP2040 at 125 MHz. Source of every address and bit: RP2040 Datasheet (DS).
 *
 * Registers touched here:
 *   RESETS 0x4000C000 (DS 2.14): RESET 0x0, RESET_DONE 0x8
 *   CLOCKS 0x40008000 (DS 2.15): CLK_REF_CTRL 0x30, CLK_REF_DIV 0x34, CLK_REF_SELECTED 0x38,
 *     CLK_SYS_CTRL 0x3C, CLK_SYS_DIV 0x40, CLK_SYS_SELECTED 0x44, CLK_PERI_CTRL 0x48,
 *     CLK_SYS_RESUS_CTRL 0x78
 *   XOSC 0x40024000 (DS 2.16): CTRL 0x00, STATUS 0x04, STARTUP 0x0C
 *   PLL_SYS 0x40028000 (DS 2.18): CS 0x0, PWR 0x4, FBDIV_INT 0x8, PRIM 0xC
 *   WATCHDOG 0x40058000 (DS 4.7): CTRL 0x00 */
#include "board_config.h"
#include "tm_port.h"
#include "tm_rp2040.h"

#define RESETS_RESET 0x4000C000u
#define RESETS_PLL_SYS (1u << 12)
#define RESETS_RESET_DONE 0x4000C008u
#define CLK_REF_CTRL 0x40008030u
#define CLK_REF_CTRL_XOSC 2u
#define CLK_REF_DIV 0x40008034u
#define CLK_REF_DIV_BY_1 (1u << 8)
#define CLK_REF_SELECTED 0x40008038u
#define CLK_SYS_CTRL 0x4000803Cu
#define CLK_SYS_CTRL_PLL 1u
#define CLK_SYS_DIV 0x40008040u
#define CLK_SYS_DIV_BY_1 (1u << 8)
#define CLK_SYS_SELECTED 0x40008044u
#define CLK_PERI_CTRL 0x40008048u
#define CLK_PERI_CTRL_ENABLE (1u << 11)
#define CLK_SYS_RESUS_CTRL 0x40008078u
#define XOSC_CTRL 0x40024000u
#define XOSC_CTRL_RANGE 0xAA0u
#define XOSC_CTRL_ENABLE (0xFABu << 12)
#define XOSC_STATUS 0x40024004u
#define XOSC_STATUS_STABLE (1u << 31)
#define XOSC_STARTUP 0x4002400Cu
#define PLL_CS 0x40028000u
#define PLL_CS_DIVIDED_BY_1 1u
#define PLL_CS_LOCK (1u << 31)
#define PLL_PWR 0x40028004u
#define PLL_PWR_PD 1u
#define PLL_PWR_POSTDIVPD (1u << 3)
#define PLL_PWR_VCOPD (1u << 5)
#define PLL_FBDIV_INT 0x40028008u
#define PLL_PRIM 0x4002800Cu
#define PLL_PRIM_BY_6_AND_2 ((6u << 16) | (2u << 12))
#define WATCHDOG_CTRL 0x40058000u
#define WATCHDOG_CTRL_ENABLE (1u << 30)

/* DS 2.18: 12 MHz times 125 is 1500 MHz, within what the PLL can do (750 to 1600); by 12 it is 125.
 */
#define XOSC_HZ 12000000u
#define PLL_TIMES 125u
/* DS 2.16.3: 1 ms for the crystal, in 256ths of its clock. */
#define XOSC_DELAY ((XOSC_HZ / 1000u + 128u) / 256u)
/* DS 2.17: what the ring oscillator makes after reset, nominally; it may be 1.8 to 12 MHz. */
#define ROSC_HZ 6500000u
#define CLOCK_LIMIT_US 20000u
#define RESET_LIMIT_US 1000u

#if TM_CLOCK_HZ != 125000000
#error "the rp2040 port sets the clock to 125 MHz"
#endif

/* A bit for each source: DS 2.15.3.2. */
static bool system_uses_reference(void) { return TM_REG(CLK_SYS_SELECTED) == 1u; }
static bool system_uses_pll(void) { return TM_REG(CLK_SYS_SELECTED) == 1u << CLK_SYS_CTRL_PLL; }
static bool reference_is_ring(void) { return TM_REG(CLK_REF_SELECTED) == 1u; }
static bool reference_is_crystal(void) {
    return TM_REG(CLK_REF_SELECTED) == 1u << CLK_REF_CTRL_XOSC;
}
uint32_t tm_reference_hz(void) { return reference_is_crystal() ? XOSC_HZ : ROSC_HZ; }

static bool crystal_is_stable(void) { return (TM_REG(XOSC_STATUS) & XOSC_STATUS_STABLE) != 0; }
static bool pll_is_locked(void) { return (TM_REG(PLL_CS) & PLL_CS_LOCK) != 0; }

bool tm_reset_blocks(uint32_t blocks) {
    TM_REG(RESETS_RESET) |= blocks;
    TM_REG(RESETS_RESET) &= ~blocks;
    return tm_wait_for_bits(RESETS_RESET_DONE, blocks, RESET_LIMIT_US);
}

/* What a bootloader or a debugger left it on is not known. The source of the system's clock that
 * has no glitch comes first: DS 2.15.3.2. */
static void clock_is_ring(void) {
    tm_port_clock_hz = ROSC_HZ;
    TM_REG(CLK_SYS_RESUS_CTRL) = 0;
    TM_REG(CLK_SYS_CTRL) &= ~CLK_SYS_CTRL_PLL;
    (void)tm_wait_until(system_uses_reference, CLOCK_LIMIT_US);
    TM_REG(CLK_SYS_CTRL) = 0;
    TM_REG(CLK_SYS_DIV) = CLK_SYS_DIV_BY_1;
    TM_REG(CLK_REF_CTRL) = 0;
    (void)tm_wait_until(reference_is_ring, CLOCK_LIMIT_US);
    TM_REG(CLK_REF_DIV) = CLK_REF_DIV_BY_1;
}

static bool clock_is_crystal(void) {
    TM_REG(XOSC_STARTUP) = XOSC_DELAY;
    TM_REG(XOSC_CTRL) = XOSC_CTRL_RANGE | XOSC_CTRL_ENABLE;
    if (!tm_wait_until(crystal_is_stable, CLOCK_LIMIT_US)) {
        return false;
    }
    TM_REG(CLK_REF_CTRL) = CLK_REF_CTRL_XOSC;
    if (!tm_wait_until(reference_is_crystal, CLOCK_LIMIT_US)) {
        return false;
    }
    tm_port_clock_hz = XOSC_HZ;
    return true;
}

/* DS 2.18.2: reference divider and feedback, power, lock, and only then the dividers behind it. */
static bool clock_is_pll(void) {
    if (!tm_reset_blocks(RESETS_PLL_SYS)) {
        return false;
    }
    TM_REG(PLL_CS) = PLL_CS_DIVIDED_BY_1;
    TM_REG(PLL_FBDIV_INT) = PLL_TIMES;
    TM_REG(PLL_PWR) &= ~(PLL_PWR_PD | PLL_PWR_VCOPD);
    if (!tm_wait_until(pll_is_locked, CLOCK_LIMIT_US)) {
        return false;
    }
    TM_REG(PLL_PRIM) = PLL_PRIM_BY_6_AND_2;
    TM_REG(PLL_PWR) &= ~PLL_PWR_POSTDIVPD;
    TM_REG(CLK_SYS_CTRL) |= CLK_SYS_CTRL_PLL;
    if (!tm_wait_until(system_uses_pll, CLOCK_LIMIT_US)) {
        return false;
    }
    tm_port_clock_hz = TM_CLOCK_HZ;
    return true;
}

void tm_clock_init(void) {
    TM_REG(WATCHDOG_CTRL) &= ~WATCHDOG_CTRL_ENABLE;
    clock_is_ring();
    if (!clock_is_crystal()) {
        clock_is_ring();
        tm_cortex_m_complain("The crystal did not start: the clock is about 6.5 MHz");
    } else if (!clock_is_pll()) {
        TM_REG(CLK_SYS_CTRL) &= ~CLK_SYS_CTRL_PLL;
        tm_cortex_m_complain("The PLL did not start: the clock is 12 MHz");
    }
    TM_REG(CLK_PERI_CTRL) = CLK_PERI_CTRL_ENABLE; /* of the system's clock */
}

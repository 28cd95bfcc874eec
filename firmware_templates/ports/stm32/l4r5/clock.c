/* SPDX-License-Identifier: Apache-2.0
 *
 * STM32L4R5 at 120 MHz. Source of every address and bit: RM0432 rev 9, STM32L4+ reference manual
 * (RM).
 *
 * Registers touched here:
 *   RCC 0x40021000 (RM 6.4): CR 0x00, CFGR 0x08, PLLCFGR 0x0C, CIER 0x18, APB1ENR1 0x58, CCIPR 0x88
 *   PWR 0x40007000 (RM 5.4): CR1 0x00, CR2 0x04, SR2 0x14, CR5 0x80
 *   FLASH 0x40022000 (RM 3.7): ACR 0x00
 *
 * The PLL runs from the internal oscillator HSI16: the board has no crystal for HSE. It is exact to
 * 1 % from 0 to 85 degrees (DS 6.3.8), within what a serial line bears. */
#include "board_config.h"
#include "tm_family.h"
#include "tm_port.h"
#include "tm_stm32.h"

#define RCC_CR 0x40021000u
#define RCC_CR_HSION (1u << 8)
#define RCC_CR_HSIRDY (1u << 10)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_CFGR 0x40021008u
#define RCC_CFGR_SW_HSI 1u
#define RCC_CFGR_SW_PLL 3u
#define RCC_CFGR_SWS (3u << 2)
#define RCC_CFGR_SWS_HSI (1u << 2)
#define RCC_CFGR_SWS_PLL (3u << 2)
#define RCC_CFGR_HPRE_HALF (8u << 4)
#define RCC_PLLCFGR 0x4002100Cu
#define RCC_PLLCFGR_HSI 2u
#define RCC_PLLCFGR_M(divisor) (((divisor) - 1u) << 4)
#define RCC_PLLCFGR_N(factor) ((factor) << 8)
#define RCC_PLLCFGR_R_BY_2 (1u << 24) /* PLLREN; PLLR of 0 divides by 2 */
#define RCC_CIER 0x40021018u
#define RCC_APB1ENR1 0x40021058u
#define RCC_APB1ENR1_PWR (1u << 28)
#define RCC_CCIPR 0x40021088u
#define PWR_CR1 0x40007000u
#define PWR_CR1_VOS (3u << 9)
#define PWR_CR1_VOS_RANGE_1 (1u << 9)
#define PWR_CR2 0x40007004u
#define PWR_CR2_IOSV (1u << 9)
#define PWR_SR2 0x40007014u
#define PWR_SR2_VOSF (1u << 10)
#define PWR_CR5 0x40007080u
#define PWR_CR5_R1MODE (1u << 8)
#define FLASH_ACR 0x40022000u
#define FLASH_ACR_5_WAITS 5u
#define FLASH_ACR_PREFETCH (1u << 8)
#define FLASH_ACR_CACHES (3u << 9)

#define HSI_HZ 16000000u
/* 16 MHz / 4 * 60 / 2 = 120 MHz; the PLL's own 240 MHz are within its 64 to 344 (RM 6.4.4). */
#define PLL_M 4u
#define PLL_N 60u
#define CLOCK_LIMIT_US 100000u
#define BOOST_US 1u

#if TM_CLOCK_HZ != 120000000
#error "the stm32/l4r5 port sets the clock to 120 MHz"
#endif

static bool hsi_runs(void) { return (TM_REG(RCC_CR) & RCC_CR_HSIRDY) != 0; }
static bool pll_runs(void) { return (TM_REG(RCC_CR) & RCC_CR_PLLRDY) != 0; }
static bool pll_is_off(void) { return !pll_runs(); }
static bool voltage_is_there(void) { return (TM_REG(PWR_SR2) & PWR_SR2_VOSF) == 0; }
static bool core_uses_hsi(void) { return (TM_REG(RCC_CFGR) & RCC_CFGR_SWS) == RCC_CFGR_SWS_HSI; }
static bool core_uses_pll(void) { return (TM_REG(RCC_CFGR) & RCC_CFGR_SWS) == RCC_CFGR_SWS_PLL; }
static bool flash_waits_are_set(void) { return (TM_REG(FLASH_ACR) & 0xFu) == FLASH_ACR_5_WAITS; }
static bool never(void) { return false; }

/* Whatever ran before: the core on HSI16, which is the UART's clock too (PCLK1), the PLL off. */
static void clock_is_hsi(void) {
    tm_port_clock_hz = HSI_HZ;
    tm_uart_hz = HSI_HZ;
    TM_REG(RCC_CR) |= RCC_CR_HSION;
    (void)tm_wait_until(hsi_runs, CLOCK_LIMIT_US);
    TM_REG(RCC_CFGR) = RCC_CFGR_SW_HSI;
    (void)tm_wait_until(core_uses_hsi, CLOCK_LIMIT_US);
    TM_REG(RCC_CR) &= ~RCC_CR_PLLON;
    (void)tm_wait_until(pll_is_off, CLOCK_LIMIT_US);
    TM_REG(RCC_CIER) = 0;
    TM_REG(RCC_CCIPR) = 0;
}

/* RM 5.1.8, 5.1.9: more than 80 MHz need range 1 in boost mode. The UART's pins stand on VDDIO2. */
static bool voltage_init(void) {
    TM_REG(RCC_APB1ENR1) |= RCC_APB1ENR1_PWR;
    tm_barrier();
    TM_REG(PWR_CR2) |= PWR_CR2_IOSV;
    TM_REG(PWR_CR1) = (TM_REG(PWR_CR1) & ~PWR_CR1_VOS) | PWR_CR1_VOS_RANGE_1;
    if (!tm_wait_until(voltage_is_there, CLOCK_LIMIT_US)) {
        return false;
    }
    TM_REG(PWR_CR5) &= ~PWR_CR5_R1MODE;
    return true;
}

/* RM 6.2.9 and 5.1.8: on the way to more than 80 MHz, half of it for at least 1 us. */
static bool clock_is_pll(void) {
    TM_REG(RCC_PLLCFGR) =
        RCC_PLLCFGR_HSI | RCC_PLLCFGR_M(PLL_M) | RCC_PLLCFGR_N(PLL_N) | RCC_PLLCFGR_R_BY_2;
    TM_REG(RCC_CR) |= RCC_CR_PLLON;
    TM_REG(FLASH_ACR) = FLASH_ACR_5_WAITS | FLASH_ACR_PREFETCH | FLASH_ACR_CACHES;
    if (!tm_wait_until(pll_runs, CLOCK_LIMIT_US) ||
        !tm_wait_until(flash_waits_are_set, CLOCK_LIMIT_US)) {
        return false;
    }
    TM_REG(RCC_CFGR) = RCC_CFGR_HPRE_HALF | RCC_CFGR_SW_PLL;
    if (!tm_wait_until(core_uses_pll, CLOCK_LIMIT_US)) {
        return false;
    }
    tm_port_clock_hz = TM_CLOCK_HZ;
    (void)tm_wait_until(never, BOOST_US);
    TM_REG(RCC_CFGR) = RCC_CFGR_SW_PLL;
    return true;
}

void tm_clock_init(void) {
    clock_is_hsi();
    if (voltage_init() && clock_is_pll()) {
        tm_uart_hz = TM_CLOCK_HZ;
    } else {
        clock_is_hsi();
        tm_cortex_m_complain("PLL or core voltage did not come: the clock is 16 MHz");
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * STM32F446 at 180 MHz. Source of every address and bit: RM0390 rev 6, STM32F446xx reference manual
 * (RM).
 *
 * Registers touched here:
 *   RCC 0x40023800 (RM 6.3): CR 0x00, PLLCFGR 0x04, CFGR 0x08, CIR 0x0C, APB1ENR 0x40
 *   PWR 0x40007000 (RM 5.4): CR 0x00, CSR 0x04
 *   FLASH 0x40023C00 (RM 3.8): ACR 0x00 */
#include "board_config.h"
#include "tm_family.h"
#include "tm_port.h"
#include "tm_stm32.h"

#define RCC_CR 0x40023800u
#define RCC_CR_HSION 1u
#define RCC_CR_HSIRDY (1u << 1)
#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_HSEBYP (1u << 18)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_PLLCFGR 0x40023804u
#define RCC_PLLCFGR_HSE (1u << 22)
#define RCC_PLLCFGR_R_BY_2 (2u << 28) /* the value after reset; less than 2 is not allowed */
#define RCC_CFGR 0x40023808u
#define RCC_CFGR_SW_PLL 2u
#define RCC_CFGR_SWS (3u << 2)
#define RCC_CFGR_SWS_PLL (2u << 2)
#define RCC_CFGR_APB1_QUARTER (5u << 10)
#define RCC_CFGR_APB2_HALF (4u << 13)
#define RCC_CIR 0x4002380Cu
#define RCC_APB1ENR 0x40023840u
#define RCC_APB1ENR_PWR (1u << 28)
#define PWR_CR 0x40007000u
#define PWR_CR_VOS_SCALE_1 (3u << 14)
#define PWR_CR_ODEN (1u << 16)
#define PWR_CR_ODSWEN (1u << 17)
#define PWR_CSR 0x40007004u
#define PWR_CSR_ODRDY (1u << 16)
#define PWR_CSR_ODSWRDY (1u << 17)
#define FLASH_ACR 0x40023C00u
#define FLASH_ACR_5_WAITS 5u
#define FLASH_ACR_PREFETCH (1u << 8)
#define FLASH_ACR_CACHES (3u << 9)

/* PLL: the source is divided to 2 MHz; times 180, halved is 180 MHz. Q makes no clock of 48 MHz
 * here: nothing uses it. */
#define PLL_IN_HZ 2000000u
#define PLL_N 180u
#define PLL_Q 8u
#define HSI_HZ 16000000u
#define CLOCK_LIMIT_US 100000u

#if TM_CLOCK_HZ != 180000000
#error "the stm32/f446 port sets the clock to 180 MHz"
#endif

static bool hsi_runs(void) { return (TM_REG(RCC_CR) & RCC_CR_HSIRDY) != 0; }
static bool hse_runs(void) { return (TM_REG(RCC_CR) & RCC_CR_HSERDY) != 0; }
static bool pll_runs(void) { return (TM_REG(RCC_CR) & RCC_CR_PLLRDY) != 0; }
static bool pll_is_off(void) { return !pll_runs(); }
static bool core_uses_hsi(void) { return (TM_REG(RCC_CFGR) & RCC_CFGR_SWS) == 0; }
static bool core_uses_pll(void) { return (TM_REG(RCC_CFGR) & RCC_CFGR_SWS) == RCC_CFGR_SWS_PLL; }
static bool overdrive_is_ready(void) { return (TM_REG(PWR_CSR) & PWR_CSR_ODRDY) != 0; }
static bool overdrive_is_on(void) { return (TM_REG(PWR_CSR) & PWR_CSR_ODSWRDY) != 0; }
static bool flash_waits_are_set(void) { return (TM_REG(FLASH_ACR) & 0xFu) == FLASH_ACR_5_WAITS; }

/* What the system bootloader runs on when it starts a firmware that it has loaded is not known. */
static void clock_is_hsi(void) {
    tm_port_clock_hz = HSI_HZ;
    tm_uart_hz = HSI_HZ;
    TM_REG(RCC_CR) |= RCC_CR_HSION;
    (void)tm_wait_until(hsi_runs, CLOCK_LIMIT_US);
    TM_REG(RCC_CFGR) = 0;
    (void)tm_wait_until(core_uses_hsi, CLOCK_LIMIT_US);
    TM_REG(RCC_CR) &= ~RCC_CR_PLLON;
    (void)tm_wait_until(pll_is_off, CLOCK_LIMIT_US);
    TM_REG(RCC_CIR) = 0; /* no interrupt of the clocks */
}

/* HSE comes from the ST-LINK, as a signal and not from a crystal: bypass. Without it the PLL makes
 * the same 180 MHz of the internal oscillator, which is exact to 1 % at room temperature. */
static uint32_t pll_source(void) {
    TM_REG(RCC_CR) |= RCC_CR_HSEBYP;
    TM_REG(RCC_CR) |= RCC_CR_HSEON;
    if (tm_wait_until(hse_runs, CLOCK_LIMIT_US)) {
        return TM_HSE_MHZ * 1000000u / PLL_IN_HZ | RCC_PLLCFGR_HSE;
    }
    TM_REG(RCC_CR) &= ~RCC_CR_HSEON;
    tm_cortex_m_complain("The clock of the ST-LINK is not there: ours is less exact");
    return HSI_HZ / PLL_IN_HZ;
}

/* RM 5.1.4: over-drive is switched on between starting the PLL and using it. */
static bool clock_is_pll(void) {
    TM_REG(RCC_PLLCFGR) = pll_source() | (PLL_N << 6) | (PLL_Q << 24) | RCC_PLLCFGR_R_BY_2;
    TM_REG(RCC_CR) |= RCC_CR_PLLON;
    TM_REG(PWR_CR) |= PWR_CR_ODEN;
    if (!tm_wait_until(overdrive_is_ready, CLOCK_LIMIT_US)) {
        return false;
    }
    TM_REG(PWR_CR) |= PWR_CR_ODSWEN;
    TM_REG(FLASH_ACR) = FLASH_ACR_5_WAITS | FLASH_ACR_PREFETCH | FLASH_ACR_CACHES;
    if (!tm_wait_until(overdrive_is_on, CLOCK_LIMIT_US) ||
        !tm_wait_until(pll_runs, CLOCK_LIMIT_US) ||
        !tm_wait_until(flash_waits_are_set, CLOCK_LIMIT_US)) {
        return false;
    }
    TM_REG(RCC_CFGR) = RCC_CFGR_APB1_QUARTER | RCC_CFGR_APB2_HALF | RCC_CFGR_SW_PLL;
    return tm_wait_until(core_uses_pll, CLOCK_LIMIT_US);
}

void tm_clock_init(void) {
    TM_REG(RCC_APB1ENR) |= RCC_APB1ENR_PWR;
    tm_barrier();
    clock_is_hsi();
    TM_REG(PWR_CR) |= PWR_CR_VOS_SCALE_1;
    if (clock_is_pll()) {
        tm_port_clock_hz = TM_CLOCK_HZ;
        tm_uart_hz = TM_CLOCK_HZ / 4u;
    } else {
        clock_is_hsi();
        TM_REG(PWR_CR) &= ~(PWR_CR_ODEN | PWR_CR_ODSWEN);
        tm_cortex_m_complain("PLL or over-drive did not start: the clock is 16 MHz");
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * STM32F746 at 216 MHz, its caches and MPU. Source of every address and bit: RM0385 rev 8,
 * STM32F75xxx and STM32F74xxx reference manual (RM); the caches: ARM DUI 0646C, Cortex-M7 Generic
 * User Guide (DUI).
 *
 * Registers touched here:
 *   RCC 0x40023800 (RM 5.3): CR 0x00, PLLCFGR 0x04, CFGR 0x08, CIR 0x0C, APB1ENR 0x40,
 *     DCKCFGR2 0x90
 *   PWR 0x40007000 (RM 4.4): CR1 0x00, CSR1 0x04
 *   FLASH 0x40023C00 (RM 3.7): ACR 0x00
 *   SCB (DUI 4.3, 4.5): CCR 0xE000ED14, CCSIDR 0xE000ED80, CSSELR 0xE000ED84, ICIALLU 0xE000EF50,
 *     DCISW 0xE000EF60
 *   MPU (DUI 4.6): CTRL 0xE000ED94, RNR 0xE000ED98, RBAR 0xE000ED9C, RASR 0xE000EDA0 */
#include "board_config.h"
#include "tm_family.h"
#include "tm_port.h"
#include "tm_stm32.h"

#define RCC_CR 0x40023800u
#define RCC_CR_HSION 1u
#define RCC_CR_HSIRDY (1u << 1)
#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_PLLCFGR 0x40023804u
#define RCC_PLLCFGR_RESERVED 0xF0000000u
#define RCC_PLLCFGR_HSE (1u << 22)
#define RCC_CFGR 0x40023808u
#define RCC_CFGR_SW_PLL 2u
#define RCC_CFGR_SWS (3u << 2)
#define RCC_CFGR_SWS_PLL (2u << 2)
#define RCC_CFGR_APB1_QUARTER (5u << 10)
#define RCC_CFGR_APB2_HALF (4u << 13)
#define RCC_CIR 0x4002380Cu
#define RCC_APB1ENR 0x40023840u
#define RCC_APB1ENR_PWR (1u << 28)
#define RCC_DCKCFGR2 0x40023890u
#define PWR_CR1 0x40007000u
#define PWR_CR1_VOS_SCALE_1 (3u << 14)
#define PWR_CR1_ODEN (1u << 16)
#define PWR_CR1_ODSWEN (1u << 17)
#define PWR_CSR1 0x40007004u
#define PWR_CSR1_ODRDY (1u << 16)
#define PWR_CSR1_ODSWRDY (1u << 17)
#define FLASH_ACR 0x40023C00u
#define FLASH_ACR_7_WAITS 7u
#define FLASH_ACR_PREFETCH (1u << 8)
#define FLASH_ACR_ART (1u << 9)
#define SCB_CCR 0xE000ED14u
#define SCB_CCR_DC (1u << 16)
#define SCB_CCR_IC (1u << 17)
#define SCB_CCSIDR 0xE000ED80u
#define SCB_CSSELR 0xE000ED84u
#define SCB_ICIALLU 0xE000EF50u
#define SCB_DCISW 0xE000EF60u
#define MPU_CTRL 0xE000ED94u
#define MPU_CTRL_ENABLE 1u
#define MPU_CTRL_PRIVDEFENA (1u << 2)
#define MPU_RNR 0xE000ED98u
#define MPU_RBAR 0xE000ED9Cu
#define MPU_RASR 0xE000EDA0u
#define MPU_RASR_ENABLE 1u
#define MPU_RASR_4_GB (31u << 1)
#define MPU_RASR_NOT_3_TO_6 (0x87u << 8) /* SRD: eighths of the region that it leaves alone */
#define MPU_RASR_XN (1u << 28) /* with AP, TEX, C and B of 0: no access, strongly ordered */

/* PLL: the source is divided to 1 MHz; times 432, halved is 216 MHz; divided by 9 is USB's 48 MHz.
 */
#define PLL_N 432u
#define PLL_Q 9u
#define HSI_HZ 16000000u
/* The crystal starts within some ms (UM 6.2), over-drive and PLL in less. */
#define CLOCK_LIMIT_US 100000u

#if TM_CLOCK_HZ != 216000000
#error "the stm32/f746 port sets the clock to 216 MHz"
#endif

static bool hsi_runs(void) { return (TM_REG(RCC_CR) & RCC_CR_HSIRDY) != 0; }
static bool hse_runs(void) { return (TM_REG(RCC_CR) & RCC_CR_HSERDY) != 0; }
static bool pll_runs(void) { return (TM_REG(RCC_CR) & RCC_CR_PLLRDY) != 0; }
static bool pll_is_off(void) { return !pll_runs(); }
static bool core_uses_hsi(void) { return (TM_REG(RCC_CFGR) & RCC_CFGR_SWS) == 0; }
static bool core_uses_pll(void) { return (TM_REG(RCC_CFGR) & RCC_CFGR_SWS) == RCC_CFGR_SWS_PLL; }
static bool overdrive_is_ready(void) { return (TM_REG(PWR_CSR1) & PWR_CSR1_ODRDY) != 0; }
static bool overdrive_is_on(void) { return (TM_REG(PWR_CSR1) & PWR_CSR1_ODSWRDY) != 0; }
static bool flash_waits_are_set(void) { return (TM_REG(FLASH_ACR) & 0xFu) == FLASH_ACR_7_WAITS; }

/* What the system bootloader runs on when it starts a firmware that it has loaded is not known; nor
 * which clock its UART has. */
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
    TM_REG(RCC_DCKCFGR2) = 0;
}

/* Without the crystal the PLL makes the same 216 MHz of the internal oscillator, which is exact to
 * 1 % at room temperature (DS 5.3.10). */
static uint32_t pll_source(void) {
    TM_REG(RCC_CR) |= RCC_CR_HSEON;
    if (tm_wait_until(hse_runs, CLOCK_LIMIT_US)) {
        return TM_HSE_MHZ | RCC_PLLCFGR_HSE;
    }
    TM_REG(RCC_CR) &= ~RCC_CR_HSEON;
    tm_cortex_m_complain("The crystal did not start: the clock is less exact");
    return HSI_HZ / 1000000u;
}

/* RM 4.1.4: over-drive is switched on between starting the PLL and using it. Returns whether 216
 * MHz may be used. */
static bool pll_init(void) {
    const uint32_t source = pll_source();
    TM_REG(RCC_PLLCFGR) =
        (TM_REG(RCC_PLLCFGR) & RCC_PLLCFGR_RESERVED) | source | (PLL_N << 6) | (PLL_Q << 24);
    TM_REG(RCC_CR) |= RCC_CR_PLLON;
    TM_REG(PWR_CR1) |= PWR_CR1_ODEN;
    if (!tm_wait_until(overdrive_is_ready, CLOCK_LIMIT_US)) {
        return false;
    }
    TM_REG(PWR_CR1) |= PWR_CR1_ODSWEN;
    if (!tm_wait_until(overdrive_is_on, CLOCK_LIMIT_US) ||
        !tm_wait_until(pll_runs, CLOCK_LIMIT_US)) {
        return false;
    }
    TM_REG(FLASH_ACR) = FLASH_ACR_7_WAITS | FLASH_ACR_PREFETCH | FLASH_ACR_ART;
    return tm_wait_until(flash_waits_are_set, CLOCK_LIMIT_US);
}

static bool clock_is_pll(void) {
    if (!pll_init()) {
        return false;
    }
    TM_REG(RCC_CFGR) = RCC_CFGR_APB1_QUARTER | RCC_CFGR_APB2_HALF | RCC_CFGR_SW_PLL;
    return tm_wait_until(core_uses_pll, CLOCK_LIMIT_US);
}

/* ST AN4838 rev 5, 3.1 and AN4839: the core may read ahead wherever memory is normal, from
 * addresses where nothing is, and hang. So nothing of 0x60000000 to 0xDFFFFFFF may be used; the
 * rest keeps its default. An application that uses external memory adds regions of a higher number.
 */
static void mpu_init(void) {
    TM_REG(MPU_RNR) = 0;
    TM_REG(MPU_RBAR) = 0;
    TM_REG(MPU_RASR) = MPU_RASR_XN | MPU_RASR_NOT_3_TO_6 | MPU_RASR_4_GB | MPU_RASR_ENABLE;
    TM_REG(MPU_CTRL) = MPU_CTRL_PRIVDEFENA | MPU_CTRL_ENABLE;
    tm_barrier();
}

/* The caches hold anything after reset: both are invalidated first, the data cache line by line. */
static void caches_init(void) {
    TM_REG(SCB_ICIALLU) = 0;
    TM_REG(SCB_CSSELR) = 0;
    tm_barrier();
    const uint32_t size = TM_REG(SCB_CCSIDR);
    const uint32_t last_set = (size >> 13) & 0x7FFFu;
    const uint32_t last_way = (size >> 3) & 0x3FFu;
    for (uint32_t set = 0; set <= last_set; set++) {
        for (uint32_t way = 0; way <= last_way; way++) {
            TM_REG(SCB_DCISW) = (way << 30) | (set << 5);
        }
    }
    tm_barrier();
    TM_REG(SCB_CCR) |= SCB_CCR_IC | SCB_CCR_DC;
    tm_barrier();
}

void tm_clock_init(void) {
    TM_REG(RCC_APB1ENR) |= RCC_APB1ENR_PWR;
    tm_barrier();
    TM_REG(PWR_CR1) |= PWR_CR1_VOS_SCALE_1;
    clock_is_hsi();
    if (clock_is_pll()) {
        tm_port_clock_hz = TM_CLOCK_HZ;
        tm_uart_hz = TM_CLOCK_HZ / 2u;
    } else {
        clock_is_hsi();
        TM_REG(PWR_CR1) &= ~(PWR_CR1_ODEN | PWR_CR1_ODSWEN);
        tm_cortex_m_complain("PLL or over-drive did not start: the clock is 16 MHz");
    }
    mpu_init();
    caches_init();
}

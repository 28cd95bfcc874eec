/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors and the way from reset to main. Whatever interrupt a bootloader left switched on is
 * switched off before anything else; the port switches on what it uses. */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_interrupts.h"
#include "tm_port.h"

#define ICSR 0xE000ED04u
#define ICSR_PENDSTCLR (1u << 25)
#define ICSR_PENDSVCLR (1u << 27)
#define VTOR 0xE000ED08u
#define AIRCR 0xE000ED0Cu
#define AIRCR_SYSRESETREQ 0x05FA0004u /* with the key that a write needs */
#define CCR 0xE000ED14u
#define CCR_DIV_0_TRP (1u << 4)
#define SHCSR 0xE000ED24u
#define SHCSR_FAULTS_ENABLED (7u << 16)
#define MPU_CTRL 0xE000ED94u
#define FPCCR 0xE000EF34u
#define FPCCR_ASPEN_LSPEN (3u << 30)
#define SYST_CSR 0xE000E010u
#define NVIC_ISER 0xE000E100u
#define NVIC_ICER 0xE000E180u
#define NVIC_ISPR 0xE000E200u
#define NVIC_ICPR 0xE000E280u
#define NVIC_IPR 0xE000E400u
#define NVIC_WORDS (TM_IS_ARMV6M ? 1u : 8u)
#define NVIC_IPR_WORDS (TM_IS_ARMV6M ? 8u : 60u)
#define STACK_PAINT 0xC5C5C5C5u

typedef void (*tm_vector)(void);

extern uint32_t tm_stack_bottom[], tm_stack_top[];
extern uint32_t tm_data_start[], tm_data_end[], tm_bss_start[], tm_bss_end[];
extern const uint32_t tm_data_load[];
extern const tm_vector tm_constructors_start[], tm_constructors_end[];

int main(void);
void Reset_Handler(void);
void tm_start(void);
void tm_fault_entry(void);
void tm_interrupt_unknown(void);

/* What an interrupt without a handler comes to: the report names its number. */
__attribute__((naked, used)) void tm_interrupt_unknown(void) {
    __asm volatile("bl tm_fault_entry\n\t");
}

/* One for each interrupt, by tens: TM_TEN(X, 3) is X(30) to X(39), TM_TEN(X, ) X(0) to X(9). A
 * function of the name, anywhere in the firmware, takes the place of the weak one. */
#define TM_TEN(X, tens)                                                                            \
    X(tens##0)                                                                                     \
    X(tens##1)                                                                                     \
    X(tens##2) X(tens##3) X(tens##4) X(tens##5) X(tens##6) X(tens##7) X(tens##8) X(tens##9)
#define TM_EACH_INTERRUPT(X) TM_INTERRUPT_TENS(X)
#define TM_DECLARE(number)                                                                         \
    void tm_interrupt_##number(void) __attribute__((weak, alias("tm_interrupt_unknown")));
#define TM_VECTOR(number) tm_interrupt_##number,

TM_EACH_INTERRUPT(TM_DECLARE)

/* ARMv7-M B1.5.3: initial stack pointer, exceptions 1 to 15, then the interrupts. */
__attribute__((section(".isr_vector"), used)) static const tm_vector tm_vectors[] = {
    (tm_vector)(uintptr_t)tm_stack_top, /* 0: initial stack pointer */
    Reset_Handler,                      /* 1 */
    tm_fault_entry,                     /* 2: NMI */
    tm_fault_entry,                     /* 3: HardFault */
    tm_fault_entry,                     /* 4: MemManage */
    tm_fault_entry,                     /* 5: BusFault */
    tm_fault_entry,                     /* 6: UsageFault */
    0,
    0,
    0,
    0,
    tm_fault_entry, /* 11: SVCall */
    tm_fault_entry, /* 12: DebugMonitor */
    0,
    tm_fault_entry, /* 14: PendSV */
#if TM_IS_ARMV6M && !defined(TM_CYCLE_COUNTER)
    tm_cycles_turn, /* 15: SysTick */
#else
    tm_fault_entry, /* 15: SysTick */
#endif
    TM_EACH_INTERRUPT(TM_VECTOR)};

/* Masks interrupts, takes the main stack and gives access to the FPU (CPACR: full access to CP10
 * and CP11) before compiled code runs: that may use any FPU register. */
__attribute__((naked, noreturn, used)) void Reset_Handler(void) {
    __asm volatile("cpsid i\n\t"
                   "movs r0, #0\n\t"
#if !TM_IS_ARMV6M
                   "msr basepri, r0\n\t" /* a bootloader may have masked some interrupts */
#endif
                   "msr control, r0\n\t" /* and used the process stack, as a debugger may, too */
                   "ldr r0, =tm_stack_top\n\t"
                   "mov sp, r0\n\t"
#if !TM_IS_ARMV6M
                   "ldr r0, =0xE000ED88\n\t"
                   "ldr r1, [r0]\n\t"
                   "orr r1, r1, #0xF00000\n\t"
                   "str r1, [r0]\n\t"
#endif
                   "dsb\n\t"
                   "isb\n\t"
                   "bl tm_start\n\t"
                   "b .\n\t");
}

static void forget_the_bootloader(void) {
    TM_REG(SYST_CSR) = 0;
    TM_REG(ICSR) =
        ICSR_PENDSTCLR | ICSR_PENDSVCLR; /* would be taken as soon as nothing masks them */
    TM_REG(MPU_CTRL) = 0;
#if !TM_IS_ARMV6M
    TM_REG(FPCCR) = FPCCR_ASPEN_LSPEN; /* as after reset: interrupts keep the FPU's registers */
#endif
    for (uint32_t i = 0; i < NVIC_WORDS; i++) {
        TM_REG(NVIC_ICER + 4u * i) = 0xFFFFFFFFu;
        TM_REG(NVIC_ICPR + 4u * i) = 0xFFFFFFFFu;
    }
    for (uint32_t i = 0; i < NVIC_IPR_WORDS; i++) {
        TM_REG(NVIC_IPR + 4u * i) = 0;
    }
    TM_REG(VTOR) = (uint32_t)(uintptr_t)tm_vectors;
#if !TM_IS_ARMV6M
    TM_REG(SHCSR) |= SHCSR_FAULTS_ENABLED;
    TM_REG(CCR) |= CCR_DIV_0_TRP;
#endif
    tm_barrier();
    __asm volatile("cpsie i" ::: "memory"); /* masked, every fault would become a HardFault */
}

/* All but the top 64 bytes, which this function itself stands on. */
static void paint_stack(void) {
    const uint32_t words = tm_port_stack_size() / 4u - 16u;
    for (uint32_t i = 0; i < words; i++) {
        ((volatile uint32_t *)tm_stack_bottom)[i] = STACK_PAINT;
    }
}

static void copy_data(void) {
    const uint32_t *from = tm_data_load;
    for (volatile uint32_t *to = tm_data_start; to < tm_data_end; to++) {
        *to = *from++;
    }
    for (volatile uint32_t *to = tm_bss_start; to < tm_bss_end; to++) {
        *to = 0;
    }
}

/* Of C++ objects that are global: before main, so before the port's clocks and peripherals. */
static void run_constructors(void) {
    for (const tm_vector *one = tm_constructors_start; one < tm_constructors_end; one++) {
        (*one)();
    }
}

__attribute__((noreturn, used)) void tm_start(void) {
    forget_the_bootloader();
    paint_stack();
    copy_data();
    tm_cycles_init();
    run_constructors();
    (void)main();
    for (;;) {
    }
}

void tm_interrupt_on(uint32_t number) {
    tm_barrier();
    TM_REG(NVIC_ISER + 4u * (number / 32u)) = 1u << (number % 32u);
}

void tm_interrupt_pend(uint32_t number) {
    tm_barrier();
    TM_REG(NVIC_ISPR + 4u * (number / 32u)) = 1u << (number % 32u);
}

void tm_cortex_m_reset(void) {
    tm_barrier();
    TM_REG(AIRCR) = AIRCR_SYSRESETREQ;
    tm_barrier();
    for (;;) {
    }
}

uint32_t tm_port_stack_size(void) {
    return (uint32_t)((uintptr_t)tm_stack_top - (uintptr_t)tm_stack_bottom);
}

uint32_t tm_port_stack_used(void) {
    const volatile uint32_t *word = tm_stack_bottom;
    while (word < tm_stack_top && *word == STACK_PAINT) {
        word++;
    }
    return (uint32_t)((uintptr_t)tm_stack_top - (uintptr_t)word);
}

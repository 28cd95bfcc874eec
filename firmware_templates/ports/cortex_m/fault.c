/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults are told over the serial line, then the LED blinks for ever: nothing hangs silently.
 * Sources: ARM DDI 0403E B1.5.6 (exception frame), B3.2.15 to B3.2.18 (fault status); ARMv6-M has
 * no fault status (ARM DDI 0419E B3.2.2). */
#include "tm_cortex_m.h"
#include "tm_crc32.h"
#include "tm_port.h"
#include "tm_text.h"

#define ICSR 0xE000ED04u
#define CFSR 0xE000ED28u
#define CFSR_MSTKERR (1u << 4)
#define CFSR_MMARVALID (1u << 7)
#define CFSR_STKERR (1u << 12)
#define CFSR_BFARVALID (1u << 15)
#define MMFAR 0xE000ED34u
#define BFAR 0xE000ED38u
#define BLINK_MICROSECONDS 15000u /* at least: a step of the LED takes a few times a look */
#define FIRST_INTERRUPT 16u
#define LINE_FROM 2u /* a CR and an LF stand before the line */
#define FRAME_LR 5
#define FRAME_PC 6

extern uint32_t tm_stack_bottom[], tm_stack_top[];

/* The fault may be that the stack is used up, so the report stands on its own. */
__attribute__((aligned(8), used)) uint32_t tm_fault_stack[192];
static bool port_is_ready;
static const char *complaint;

void tm_fault_entry(void);

void tm_cortex_m_complain(const char *words) { complaint = words; }

void tm_cortex_m_port_is_ready(void) {
    port_is_ready = true;
    if (complaint != 0) {
        char line[128];
        tm_text text = tm_text_over(line, sizeof line);
        tm_text_string(&text, "e-[");
        tm_text_string(&text, complaint);
        tm_text_string(&text, "]\r\n");
        tm_port_write(line, text.length);
    }
}

/* r0: the frame that the core pushed; nothing of it is on the new stack. */
__attribute__((naked, used)) void tm_fault_entry(void) {
    __asm volatile("mov r0, sp\n\t"
                   "ldr r1, =tm_fault_stack + 768\n\t"
                   "mov sp, r1\n\t"
                   "bl tm_fault\n\t"); /* reaches it on ARMv6-M too, as b does not */
}

static const char *exception_name(uint32_t number) {
    switch (number) {
    case 2:
        return "NMI";
    case 3:
        return "HardFault";
    case 4:
        return "MemManage";
    case 5:
        return "BusFault";
    case 6:
        return "UsageFault";
    default:
        return number < FIRST_INTERRUPT ? "Exception" : "Interrupt";
    }
}

static bool frame_is_good(const uint32_t *frame, uint32_t cfsr) {
    return (cfsr & (CFSR_MSTKERR | CFSR_STKERR)) == 0 && frame >= tm_stack_bottom &&
           frame + 8 <= tm_stack_top;
}

static uint32_t fault_status(void) { return TM_IS_ARMV6M ? 0 : TM_REG(CFSR); }

static uint32_t fault_address(uint32_t cfsr) {
    if (cfsr & CFSR_MMARVALID) {
        return TM_REG(MMFAR);
    }
    return (cfsr & CFSR_BFARVALID) ? TM_REG(BFAR) : 0;
}

static void report(const uint32_t *frame) {
    const uint32_t cfsr = fault_status();
    const bool good = frame_is_good(frame, cfsr);
    const uint32_t address = fault_address(cfsr);
    char line[128];
    tm_text text = tm_text_over(line, sizeof line);
    tm_text_string(&text, "\r\ne-[fault ");
    const uint32_t number = TM_REG(ICSR) & 0x1FFu;
    tm_text_string(&text, exception_name(number));
    if (number >= FIRST_INTERRUPT) { /* of the microcontroller, that nobody handles */
        tm_text_char(&text, ' ');
        tm_text_unsigned(&text, number - FIRST_INTERRUPT);
    }
    tm_text_string(&text, " pc=0x");
    tm_text_hex(&text, good ? frame[FRAME_PC] : 0, 8);
    tm_text_string(&text, " lr=0x");
    tm_text_hex(&text, good ? frame[FRAME_LR] : 0, 8);
    tm_text_string(&text, " cfsr=0x");
    tm_text_hex(&text, cfsr, 8);
    tm_text_string(&text, " addr=0x");
    tm_text_hex(&text, address, 8);
    const uint32_t crc = tm_crc32(0, (const uint8_t *)line + LINE_FROM, text.length - LINE_FROM);
    tm_text_string(&text, " crc=0x");
    tm_text_hex(&text, crc, 8);
    tm_text_string(&text, "]\r\n");
    tm_port_write(line, text.length);
    tm_port_flush();
}

static bool led_stepped(void) {
    tm_port_led_step();
    return false;
}

__attribute__((noreturn, used)) void tm_fault(const uint32_t *frame) {
    if (port_is_ready) {
        port_is_ready = false; /* a fault in the report itself must not start it again */
        report(frame);
        for (uint8_t brightness = 255;; brightness ^= 255u) {
            tm_port_led(brightness);
            (void)tm_wait_until(led_stepped, BLINK_MICROSECONDS);
        }
    }
    for (;;) {
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * ARM's UART, PL011, as some microcontrollers have it, at TM_UART_BASE. Source: ARM DDI 0183G
 * (PL011 Technical Reference Manual), 2.4 and 3.3; the names are those of its registers without
 * the UART before them.
 *
 * Registers touched here: DR 0x000, FR 0x018, IBRD 0x024, FBRD 0x028, LCR_H 0x02C, CR 0x030,
 *   IFLS 0x034, IMSC 0x038, ICR 0x044
 *
 * Receiving. The interrupt empties the FIFO of 32 bytes when 4 are in it, or when nothing came for
 * 32 bits. That leaves 2.4 ms at 115200 baud. */
#ifndef TM_PL011_H
#define TM_PL011_H

#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_receive.h"

#define PL011(offset) TM_REG(TM_UART_BASE + (offset))
#define PL011_DR 0x000u
#define PL011_DR_FE (1u << 8)
#define PL011_DR_BE (1u << 10)
#define PL011_DR_OE (1u << 11)
#define PL011_FR 0x018u
#define PL011_FR_BUSY (1u << 3)
#define PL011_FR_RXFE (1u << 4)
#define PL011_FR_TXFF (1u << 5)
#define PL011_IBRD 0x024u
#define PL011_FBRD 0x028u
#define PL011_LCR_H 0x02Cu
#define PL011_LCR_H_8N1_FIFO ((3u << 5) | (1u << 4))
#define PL011_CR 0x030u
#define PL011_CR_ENABLE ((1u << 9) | (1u << 8) | 1u)
#define PL011_IFLS 0x034u
#define PL011_IFLS_RX_EIGHTH 0u
#define PL011_IMSC 0x038u
#define PL011_IMSC_RX (1u << 4)
#define PL011_IMSC_RT (1u << 6)
#define PL011_ICR 0x044u
#define PL011_ICR_ALL 0x7FFu

/* 8N1 at the board's baud rate. hz is what the UART is clocked with; control is what the
 * microcontroller has in CR beside what ARM put there. Switches its interrupts on, but not that of
 * the core. */
static inline void tm_pl011_init(uint32_t hz, uint32_t control) {
    /* hz / (16 baud), in 64ths. */
    const uint32_t divisor = (4u * hz + TM_UART_BAUD / 2u) / TM_UART_BAUD;
    PL011(PL011_CR) = control;
    PL011(PL011_IMSC) = 0;
    PL011(PL011_ICR) = PL011_ICR_ALL;
    PL011(PL011_IFLS) = PL011_IFLS_RX_EIGHTH;
    PL011(PL011_IBRD) = divisor / 64u;
    PL011(PL011_FBRD) = divisor % 64u;
    PL011(PL011_LCR_H) = PL011_LCR_H_8N1_FIFO; /* takes IBRD and FBRD over, so it comes last */
    PL011(PL011_CR) = control | PL011_CR_ENABLE;
    PL011(PL011_IMSC) = PL011_IMSC_RX | PL011_IMSC_RT;
}

/* The errors of a byte come with it; OE says that bytes after it found no room. A break is a byte
 * of zeros without a stop bit, and BE comes with FE. */
static inline void tm_pl011_take(uint32_t data) {
    const bool is_break = (data & PL011_DR_BE) != 0;
    const bool is_bad = is_break || (data & PL011_DR_FE) != 0;
    const bool is_overrun = (data & PL011_DR_OE) != 0;
    if (!is_bad) {
        tm_received((uint8_t)data);
    }
    if (is_bad || is_overrun) {
        const tm_losses lost = {
            .breaks = is_break,
            .framing = is_bad && !is_break,
            .overrun = is_overrun,
        };
        tm_received_badly(&lost);
    }
}

/* What the interrupt's handler does. */
static inline void tm_pl011_interrupt(void) {
    PL011(PL011_ICR) = PL011_ICR_ALL;
    while ((PL011(PL011_FR) & PL011_FR_RXFE) == 0) {
        tm_pl011_take(PL011(PL011_DR));
    }
}

static inline void tm_pl011_write(const char *data, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        while (PL011(PL011_FR) & PL011_FR_TXFF) {
        }
        PL011(PL011_DR) = (uint8_t)data[i];
    }
}

static inline void tm_pl011_flush(void) {
    while (PL011(PL011_FR) & PL011_FR_BUSY) {
    }
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * nRF52840. Source of every address and bit: nRF52840 Product Specification v1.7 (PS).
 *
 * Registers touched here:
 *   CLOCK 0x40000000 (PS 5.4): TASKS_HFCLKSTART 0x000
 *   APPROTECT 0x40000000 (PS v1.7, Access port protection): DISABLE 0x558
 *   UARTE0, TM_UART_BASE 0x40002000 (PS 6.34): TASKS_STARTRX 0x000, TASKS_STOPRX 0x004,
 *     TASKS_STARTTX 0x008, TASKS_STOPTX 0x00C, EVENTS_ENDRX 0x110, EVENTS_ENDTX 0x120,
 *     EVENTS_ERROR 0x124, EVENTS_RXTO 0x144, EVENTS_TXSTOPPED 0x158, SHORTS 0x200, INTENSET 0x304,
 *     INTENCLR 0x308, ERRORSRC 0x480, ENABLE 0x500, PSEL.RTS 0x508, PSEL.TXD 0x50C, PSEL.CTS 0x510,
 *     PSEL.RXD 0x514, BAUDRATE 0x524, RXD.PTR 0x534, RXD.MAXCNT 0x538, RXD.AMOUNT 0x53C,
 *     TXD.PTR 0x544, TXD.MAXCNT 0x548, CONFIG 0x56C
 *   PWM0 0x4001C000 (PS 6.17): TASKS_STOP 0x004, EVENTS_STOPPED 0x104, SHORTS 0x200,
 *     INTENCLR 0x308, ENABLE 0x500, PSEL.OUT[n] 0x560 + 4 n
 *   PPI 0x4001F000 (PS 6.16): CHENCLR 0x508
 *   NVMC 0x4001E000 (PS 4.3): ICACHECNF 0x540
 *   GPIO P0 0x50000000, P1 0x50000300 (PS 6.9): OUTSET 0x508, OUTCLR 0x50C, DIRSET 0x518,
 *     PIN_CNF[n] 0x700 + 4 n
 *
 * Two lines: the UART's pins, and on a board with a plug of its own USB (tm_usb.h). Until somebody
 * sends a byte, both hear everything; from then on the one that the last byte came from. A fault is
 * told on both.
 *
 * Receiving. EasyDMA writes one byte, and the interrupt of ENDRX takes it and starts the next one.
 * UARTE keeps what comes meanwhile in a FIFO of its own (PS 6.34.2), some hundred microseconds.
 * Whether a byte with an error is stored is not said, nor whether ERROR or ENDRX comes first. It
 * makes no difference here: AMOUNT is looked at for each byte, and the hole stands before it. */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_crystal.h"
#include "tm_dither.h"
#include "tm_gpio.h"
#include "tm_interrupts.h"
#include "tm_port.h"
#include "tm_receive.h"
#include "tm_usb.h"

#define CLOCK_TASKS_HFCLKSTART 0x40000000u
#define APPROTECT_DISABLE 0x40000558u
#define APPROTECT_DISABLED_BY_SOFTWARE 0x5Au
#define UARTE(offset) TM_REG(TM_UART_BASE + (offset))
#define UARTE_TASKS_STARTRX 0x000u
#define UARTE_TASKS_STOPRX 0x004u
#define UARTE_TASKS_STARTTX 0x008u
#define UARTE_TASKS_STOPTX 0x00Cu
#define UARTE_EVENTS_ENDRX 0x110u
#define UARTE_EVENTS_ENDTX 0x120u
#define UARTE_EVENTS_ERROR 0x124u
#define UARTE_EVENTS_RXTO 0x144u
#define UARTE_EVENTS_TXSTOPPED 0x158u
#define UARTE_SHORTS 0x200u
#define UARTE_INTENSET 0x304u
#define UARTE_INTEN_ENDRX (1u << 4)
#define UARTE_INTEN_ERROR (1u << 9)
#define UARTE_INTENCLR 0x308u
#define UARTE_ERRORSRC 0x480u
#define UARTE_ERRORSRC_OVERRUN 1u
#define UARTE_ERRORSRC_FRAMING (1u << 2)
#define UARTE_ERRORSRC_BREAK (1u << 3)
#define UARTE_ENABLE 0x500u
#define UARTE_ENABLED 8u
#define UARTE_PSEL_RTS 0x508u
#define UARTE_PSEL_TXD 0x50Cu
#define UARTE_PSEL_CTS 0x510u
#define UARTE_PSEL_RXD 0x514u
#define PSEL_NONE 0xFFFFFFFFu
#define UARTE_BAUDRATE 0x524u
#define UARTE_BAUD_115200 0x01D60000u
#define UARTE_RXD_PTR 0x534u
#define UARTE_RXD_MAXCNT 0x538u
#define UARTE_RXD_AMOUNT 0x53Cu
#define UARTE_TXD_PTR 0x544u
#define UARTE_TXD_MAXCNT 0x548u
#define UARTE_CONFIG 0x56Cu
#define PWM0_TASKS_STOP 0x4001C004u
#define PWM0_EVENTS_STOPPED 0x4001C104u
#define PWM0_SHORTS 0x4001C200u
#define PWM0_INTENCLR 0x4001C308u
#define PWM0_ENABLE 0x4001C500u
#define PWM0_PSEL_OUT(n) (0x4001C560u + 4u * (n))
#define PWM0_OUTS 4u
#define PPI_CHENCLR 0x4001F508u
#define NVMC_ICACHECNF 0x4001E540u

#if TM_UART_BAUD != 115200
#error "the nrf52840 port knows the BAUDRATE value of 115200 only"
#endif

#define TX_BYTES 64u
/* PS 5.4.4: the crystal starts within 1.5 ms. A byte at 115200 baud takes 87 us. */
#define HFXO_LIMIT_US 10000u
#define STOP_LIMIT_US 1000u

/* EasyDMA reaches RAM only, so what is sent is copied here first. */
__attribute__((section(".tm_dma"))) static volatile uint8_t incoming;
__attribute__((section(".tm_dma"))) static volatile uint8_t outgoing[TX_BYTES];
static tm_dither led;

/* From build code F0 on the debug port locks itself at each reset, until the firmware that starts
 * says otherwise; where the user locked it in UICR it stays locked. Older chips have no such
 * register, and take no notice. (PS v1.7, Access port protection) */
static void debug_port_stays_open(void) {
    TM_REG(APPROTECT_DISABLE) = APPROTECT_DISABLED_BY_SOFTWARE;
}

static bool uart_has_stopped(void) {
    return UARTE(UARTE_EVENTS_RXTO) != 0 && UARTE(UARTE_EVENTS_TXSTOPPED) != 0;
}

/* The Nano's bootloader leaves the UART running on the pins, with EasyDMA into memory that is ours
 * now. (PS 6.34: disabling it is allowed once RXTO and TXSTOPPED came) */
static void uart_off(void) {
    UARTE(UARTE_INTENCLR) = 0xFFFFFFFFu;
    UARTE(UARTE_SHORTS) = 0;
    if (UARTE(UARTE_ENABLE) == UARTE_ENABLED) {
        UARTE(UARTE_EVENTS_RXTO) = 0;
        UARTE(UARTE_EVENTS_TXSTOPPED) = 0;
        UARTE(UARTE_TASKS_STOPRX) = 1;
        UARTE(UARTE_TASKS_STOPTX) = 1;
        /* A receiver that nobody started says no RXTO, hence no more than this. */
        (void)tm_wait_until(uart_has_stopped, STOP_LIMIT_US);
    }
    UARTE(UARTE_ENABLE) = 0;
}

static bool pwm_has_stopped(void) { return TM_REG(PWM0_EVENTS_STOPPED) != 0; }

/* Nor does it take the PWM from the LED. */
static void pwm_off(void) {
    TM_REG(PWM0_INTENCLR) = 0xFFFFFFFFu;
    TM_REG(PWM0_SHORTS) = 0;
    if (TM_REG(PWM0_ENABLE) != 0) {
        TM_REG(PWM0_EVENTS_STOPPED) = 0;
        TM_REG(PWM0_TASKS_STOP) = 1;
        (void)tm_wait_until(pwm_has_stopped, STOP_LIMIT_US);
    }
    TM_REG(PWM0_ENABLE) = 0;
    for (uint32_t i = 0; i < PWM0_OUTS; i++) {
        TM_REG(PWM0_PSEL_OUT(i)) = PSEL_NONE;
    }
}

static void forget_the_bootloader(void) {
    TM_REG(PPI_CHENCLR) = 0xFFFFFFFFu;
    uart_off();
    pwm_off();
    tm_usbd_off(); /* its device stays pulled up: the computer would keep waiting for it */
}

/* Without the crystal the core still runs at the same speed, from the RC oscillator. */
static void clock_init(void) {
    TM_REG(CLOCK_TASKS_HFCLKSTART) = 1;
    if (!tm_wait_until(tm_crystal_runs, HFXO_LIMIT_US)) {
        tm_cortex_m_complain("The 32 MHz crystal did not start: the clock is less exact");
    }
}

static void pins_init(void) {
    GPIO(TM_UART_TX_PORT, GPIO_OUTSET) = 1u << TM_UART_TX_PIN;
    GPIO(TM_UART_TX_PORT, GPIO_PIN_CNF(TM_UART_TX_PIN)) = GPIO_OUTPUT;
    GPIO(TM_UART_RX_PORT, GPIO_PIN_CNF(TM_UART_RX_PIN)) = GPIO_INPUT_PULLED_UP;
    GPIO(TM_LED_PORT, GPIO_PIN_CNF(TM_LED_PIN)) = GPIO_OUTPUT;
    GPIO(TM_LED_PORT, GPIO_DIRSET) = 1u << TM_LED_PIN;
}

static void uart_init(void) {
    UARTE(UARTE_PSEL_TXD) = 32u * TM_UART_TX_PORT + TM_UART_TX_PIN;
    UARTE(UARTE_PSEL_RXD) = 32u * TM_UART_RX_PORT + TM_UART_RX_PIN;
    UARTE(UARTE_PSEL_RTS) = PSEL_NONE;
    UARTE(UARTE_PSEL_CTS) = PSEL_NONE;
    UARTE(UARTE_BAUDRATE) = UARTE_BAUD_115200;
    UARTE(UARTE_CONFIG) = 0; /* 8N1, no flow control */
    UARTE(UARTE_RXD_PTR) = (uint32_t)(uintptr_t)&incoming;
    UARTE(UARTE_RXD_MAXCNT) = 1;
    UARTE(UARTE_EVENTS_ENDRX) = 0;
    UARTE(UARTE_EVENTS_ERROR) = 0;
    UARTE(UARTE_ERRORSRC) = UARTE(UARTE_ERRORSRC);
    UARTE(UARTE_INTENSET) = UARTE_INTEN_ENDRX | UARTE_INTEN_ERROR;
    UARTE(UARTE_ENABLE) = UARTE_ENABLED;
    UARTE(UARTE_TASKS_STARTRX) = 1;
    tm_interrupt_on(TM_INTERRUPT_UARTE0);
}

void tm_port_init(void) {
    debug_port_stays_open();
    forget_the_bootloader();
    clock_init();
    TM_REG(NVMC_ICACHECNF) = 1;
    pins_init();
    uart_init();
    tm_port_led(0);
    tm_port_led_step();
#ifdef TM_USB_VENDOR
    tm_usbd_start();
#endif
    tm_cortex_m_port_is_ready();
}

/* Returns what is wrong with the byte, and clears it: a one clears its bit. */
static tm_losses take_errors(void) {
    UARTE(UARTE_EVENTS_ERROR) = 0;
    const uint32_t source = UARTE(UARTE_ERRORSRC);
    UARTE(UARTE_ERRORSRC) = source;
    const bool is_break = (source & UARTE_ERRORSRC_BREAK) != 0; /* comes with FRAMING */
    const tm_losses lost = {
        .overrun = (source & UARTE_ERRORSRC_OVERRUN) != 0,
        .breaks = is_break,
        .framing = !is_break && (source & UARTE_ERRORSRC_FRAMING) != 0,
    };
    return lost;
}

static void take_one(void) {
    const bool is_bad = UARTE(UARTE_EVENTS_ERROR) != 0;
    if (is_bad) {
        const tm_losses lost = take_errors();
        tm_received_badly(&lost);
    }
    if (UARTE(UARTE_EVENTS_ENDRX) != 0) {
        UARTE(UARTE_EVENTS_ENDRX) = 0;
        if (!is_bad && UARTE(UARTE_RXD_AMOUNT) == 1u) {
            tm_received(incoming);
        }
        UARTE(UARTE_TASKS_STARTRX) = 1;
    }
}

void TM_INTERRUPT(TM_INTERRUPT_UARTE0)(void);

/* PS 6.1.8: a cleared event reaches the NVIC some cycles later; the last read waits for it. */
void TM_INTERRUPT(TM_INTERRUPT_UARTE0)(void) {
    do {
        take_one();
    } while (UARTE(UARTE_EVENTS_ENDRX) != 0);
}

static void send(uint32_t length) {
    UARTE(UARTE_EVENTS_ENDTX) = 0;
    UARTE(UARTE_TXD_PTR) = (uint32_t)(uintptr_t)outgoing;
    UARTE(UARTE_TXD_MAXCNT) = length;
    tm_barrier();
    UARTE(UARTE_TASKS_STARTTX) = 1;
    while (UARTE(UARTE_EVENTS_ENDTX) == 0) {
    }
}

static void uart_write(const char *data, uint32_t length) {
    while (length > 0) {
        const uint32_t part = length < TX_BYTES ? length : TX_BYTES;
        for (uint32_t i = 0; i < part; i++) {
            outgoing[i] = (uint8_t)data[i];
        }
        send(part);
        data += part;
        length -= part;
    }
}

/* ENDTX comes when the last byte is handed over; TXSTOPPED when it has left the line. */
static void uart_flush(void) {
    UARTE(UARTE_EVENTS_TXSTOPPED) = 0;
    UARTE(UARTE_TASKS_STOPTX) = 1;
    while (UARTE(UARTE_EVENTS_TXSTOPPED) == 0) {
    }
}

#ifdef TM_USB_VENDOR

static enum { BOTH_LINES, THE_UART, USB } talks_on;

int tm_port_read(void) {
    int byte = tm_usb_read();
    if (byte >= 0) {
        talks_on = USB;
        return byte;
    }
    byte = tm_received_next();
    if (byte >= 0) {
        talks_on = THE_UART;
    }
    return byte;
}

bool tm_received_any(void) { return tm_usb_has_byte() || tm_received_waits(); }

static bool talks_on_usb(void) { return talks_on != THE_UART || tm_cortex_m_in_handler(); }

static bool talks_on_uart(void) { return talks_on != USB || tm_cortex_m_in_handler(); }

void tm_port_write(const char *data, uint32_t length) {
    if (talks_on_usb()) {
        tm_usb_write(data, length);
    }
    if (talks_on_uart()) {
        uart_write(data, length);
    }
}

void tm_port_flush(void) {
    if (talks_on_usb()) {
        tm_usb_flush();
    }
    if (talks_on_uart()) {
        uart_flush();
    }
}

#else

void tm_port_write(const char *data, uint32_t length) { uart_write(data, length); }

void tm_port_flush(void) { uart_flush(); }

#endif

void tm_port_led(uint8_t brightness) { led.level = brightness; }

void tm_port_led_step(void) {
#ifdef TM_USB_VENDOR
    if (tm_cortex_m_in_handler()) { /* a fault's, which blinks for ever: it can still be flashed */
        tm_usb_handle();
    }
#endif
    const bool high = tm_dither_step(&led) != (TM_LED_ACTIVE_LOW != 0);
    GPIO(TM_LED_PORT, high ? GPIO_OUTSET : GPIO_OUTCLR) = 1u << TM_LED_PIN;
}

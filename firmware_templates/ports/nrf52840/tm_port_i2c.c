/* SPDX-License-Identifier: Apache-2.0
 *
 * I2C of the nRF52840: TWI without EasyDMA, a byte at a time by interrupt.
 *
 * Registers touched here:
 *   CLOCK 0x40000000: TRACECONFIG 0x55C
 *   TWI0, TM_I2C_BASE 0x40003000 (PS 6.29): TASKS_STARTRX 0x000, TASKS_STARTTX 0x008,
 *     TASKS_STOP 0x014, TASKS_RESUME 0x020, EVENTS_STOPPED 0x104, EVENTS_RXDREADY 0x108,
 *     EVENTS_TXDSENT 0x11C, EVENTS_ERROR 0x124, SHORTS 0x200, INTENSET 0x304, ERRORSRC 0x4C4,
 *     ENABLE 0x500, PSEL.SCL 0x508, PSEL.SDA 0x50C, RXD 0x518, TXD 0x51C, FREQUENCY 0x524,
 *     ADDRESS 0x588
 *   GPIO P0 0x50000000, P1 0x50000300 (PS 6.9): OUTSET 0x508, OUTCLR 0x50C, IN 0x510,
 *     DIRSET 0x518, DIRCLR 0x51C, PIN_CNF[n] 0x700 + 4 n
 *
 * Reading (PS 6.29.5): the shortcut of BB, the boundary before each byte, suspends until the last
 * byte has been taken, so that none is overrun however late the interrupt comes; before the last
 * one it is exchanged for the shortcut that stops. */
#include "board_config.h"
#include "tm_gpio.h"
#include "tm_i2c_queue.h"
#include "tm_interrupts.h"

#define CLOCK_TRACECONFIG 0x4000055Cu
#define TWI(offset) TM_REG(TM_I2C_BASE + (offset))
#define TWI_TASKS_STARTRX 0x000u
#define TWI_TASKS_STARTTX 0x008u
#define TWI_TASKS_STOP 0x014u
#define TWI_TASKS_RESUME 0x020u
#define TWI_EVENTS_STOPPED 0x104u
#define TWI_EVENTS_RXDREADY 0x108u
#define TWI_EVENTS_TXDSENT 0x11Cu
#define TWI_EVENTS_ERROR 0x124u
#define TWI_SHORTS 0x200u
#define TWI_SHORTS_BB_SUSPEND 1u
#define TWI_SHORTS_BB_STOP 2u
#define TWI_INTENSET 0x304u
#define TWI_INTEN_USED ((1u << 1) | (1u << 2) | (1u << 7) | (1u << 9))
#define TWI_ERRORSRC 0x4C4u
#define TWI_ENABLE 0x500u
#define TWI_ENABLED 5u
#define TWI_PSEL_SCL 0x508u
#define TWI_PSEL_SDA 0x50Cu
#define TWI_RXD 0x518u
#define TWI_TXD 0x51Cu
#define TWI_FREQUENCY 0x524u
#define TWI_FREQUENCY_100K 0x01980000u
#define TWI_FREQUENCY_250K 0x04000000u
#define TWI_FREQUENCY_400K 0x06680000u
#define TWI_ADDRESS 0x588u

#if TM_I2C_HZ == 100000
#define TWI_FREQUENCY_CHOSEN TWI_FREQUENCY_100K
#elif TM_I2C_HZ == 250000
#define TWI_FREQUENCY_CHOSEN TWI_FREQUENCY_250K
#elif TM_I2C_HZ == 400000
#define TWI_FREQUENCY_CHOSEN TWI_FREQUENCY_400K
#else
#error "the nrf52840's I2C runs at 100, 250 or 400 kHz: hz in [i2c]"
#endif

/* Until the sensors' own start-up is over; LSM9DS1: 20 ms after its supply is there. */
#define POWER_UP_US 25000u
#define HALF_CLOCK_US 5u
#define FREEING_CLOCKS 9u

static const tm_i2c_transfer *transfer;
static uint32_t sent, got;
static bool is_refused;

static void set_high(uint32_t port, uint32_t pin) {
    GPIO(port, GPIO_OUTSET) = 1u << pin;
    GPIO(port, GPIO_PIN_CNF(pin)) = GPIO_OUTPUT;
}

/* The lines as two open drains that are let go, TWI's or ours. (PS 6.29, Master mode pin
 * configuration) */
static void lines_init(void) {
    GPIO(TM_I2C_SCL_PORT, GPIO_OUTSET) = 1u << TM_I2C_SCL_PIN;
    GPIO(TM_I2C_SDA_PORT, GPIO_OUTSET) = 1u << TM_I2C_SDA_PIN;
    GPIO(TM_I2C_SCL_PORT, GPIO_PIN_CNF(TM_I2C_SCL_PIN)) = GPIO_OPEN_DRAIN;
    GPIO(TM_I2C_SDA_PORT, GPIO_PIN_CNF(TM_I2C_SDA_PIN)) = GPIO_OPEN_DRAIN;
}

static void enable(void) {
    TWI(TWI_SHORTS) = 0;
    TWI(TWI_EVENTS_STOPPED) = 0;
    TWI(TWI_EVENTS_RXDREADY) = 0;
    TWI(TWI_EVENTS_TXDSENT) = 0;
    TWI(TWI_EVENTS_ERROR) = 0;
    TWI(TWI_ENABLE) = TWI_ENABLED;
}

static void i2c_bus_on(void) {
    TM_REG(CLOCK_TRACECONFIG) = 0; /* the pull-ups' pin is also SWO's */
#ifdef TM_I2C_POWER_PIN
    set_high(TM_I2C_POWER_PORT, TM_I2C_POWER_PIN);
#endif
#ifdef TM_I2C_PULL_UP_PIN
    set_high(TM_I2C_PULL_UP_PORT, TM_I2C_PULL_UP_PIN);
#endif
    tm_wait(POWER_UP_US);
    TWI(TWI_ENABLE) = 0;
    lines_init();
    TWI(TWI_PSEL_SCL) = 32u * TM_I2C_SCL_PORT + TM_I2C_SCL_PIN;
    TWI(TWI_PSEL_SDA) = 32u * TM_I2C_SDA_PORT + TM_I2C_SDA_PIN;
    TWI(TWI_FREQUENCY) = TWI_FREQUENCY_CHOSEN;
    TWI(TWI_INTENSET) = TWI_INTEN_USED;
    enable();
    tm_interrupt_on(TM_INTERRUPT_TWI0);
}

static void receive(void) {
    TWI(TWI_SHORTS) = transfer->in_bytes == 1u ? TWI_SHORTS_BB_STOP : TWI_SHORTS_BB_SUSPEND;
    TWI(TWI_TASKS_STARTRX) = 1;
}

static void i2c_begin(const tm_i2c_transfer *next) {
    transfer = next;
    sent = got = 0;
    is_refused = false;
    TWI(TWI_SHORTS) = 0;
    TWI(TWI_ADDRESS) = next->address;
    if (next->out_bytes != 0) {
        TWI(TWI_TASKS_STARTTX) = 1;
        TWI(TWI_TXD) = next->out[sent++];
    } else {
        receive();
    }
}

static void on_sent(void) {
    TWI(TWI_EVENTS_TXDSENT) = 0;
    if (sent < transfer->out_bytes) {
        TWI(TWI_TXD) = transfer->out[sent++];
    } else if (transfer->in_bytes != 0) {
        receive();
    } else {
        TWI(TWI_TASKS_STOP) = 1;
    }
}

static void on_received(void) {
    TWI(TWI_EVENTS_RXDREADY) = 0;
    const uint8_t byte = (uint8_t)TWI(TWI_RXD);
    if (got >= transfer->in_bytes) {
        return;
    }
    transfer->in[got++] = byte;
    if (got + 1u == transfer->in_bytes) {
        TWI(TWI_SHORTS) = TWI_SHORTS_BB_STOP;
    }
    if (got < transfer->in_bytes) {
        TWI(TWI_TASKS_RESUME) = 1;
    }
}

/* Nobody acknowledged. A one clears its bit; the bus still has to be stopped. A byte that was
 * refused may have been said to be sent too: nothing follows it. */
static void on_error(void) {
    TWI(TWI_EVENTS_ERROR) = 0;
    TWI(TWI_EVENTS_TXDSENT) = 0;
    TWI(TWI_EVENTS_RXDREADY) = 0;
    TWI(TWI_ERRORSRC) = TWI(TWI_ERRORSRC);
    is_refused = true;
    TWI(TWI_SHORTS) = 0;
    TWI(TWI_TASKS_RESUME) = 1;
    TWI(TWI_TASKS_STOP) = 1;
}

void TM_INTERRUPT(TM_INTERRUPT_TWI0)(void);

void TM_INTERRUPT(TM_INTERRUPT_TWI0)(void) {
    const bool is_sent = TWI(TWI_EVENTS_TXDSENT) != 0;
    const bool is_received = TWI(TWI_EVENTS_RXDREADY) != 0;
    if (TWI(TWI_EVENTS_ERROR) != 0) { /* looked at behind those two: it may have come with them */
        on_error();
    } else if (is_sent) {
        on_sent();
    } else if (is_received) {
        on_received();
    }
    if (TWI(TWI_EVENTS_STOPPED) != 0) {
        TWI(TWI_EVENTS_STOPPED) = 0;
        (void)TWI(TWI_EVENTS_STOPPED); /* PS 6.1.8: a cleared event takes a while to the NVIC */
        i2c_ended(is_refused || got < transfer->in_bytes ? TM_I2C_REFUSED : TM_I2C_DONE);
    }
}

/* A sensor that was left in the middle of a byte holds the data line until it has seen the clocks
 * of the rest (I2C specification UM10204, 3.1.16). A rise of the data line then is a stop. */
static void i2c_free(void) {
    TWI(TWI_ENABLE) = 0;
    lines_init();
    for (uint32_t i = 0; i < FREEING_CLOCKS; i++) {
        GPIO(TM_I2C_SCL_PORT, GPIO_OUTCLR) = 1u << TM_I2C_SCL_PIN;
        GPIO(TM_I2C_SCL_PORT, GPIO_DIRSET) = 1u << TM_I2C_SCL_PIN;
        tm_wait(HALF_CLOCK_US);
        GPIO(TM_I2C_SCL_PORT, GPIO_OUTSET) = 1u << TM_I2C_SCL_PIN;
        tm_wait(HALF_CLOCK_US);
    }
    GPIO(TM_I2C_SDA_PORT, GPIO_OUTCLR) = 1u << TM_I2C_SDA_PIN;
    GPIO(TM_I2C_SDA_PORT, GPIO_DIRSET) = 1u << TM_I2C_SDA_PIN;
    tm_wait(HALF_CLOCK_US);
    GPIO(TM_I2C_SDA_PORT, GPIO_OUTSET) = 1u << TM_I2C_SDA_PIN;
    tm_wait(HALF_CLOCK_US);
    lines_init();
    enable();
}

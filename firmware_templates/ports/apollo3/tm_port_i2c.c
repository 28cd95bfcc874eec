/* SPDX-License-Identifier: Apache-2.0
 *
 * I2C of the Apollo3 Blue: an I/O master, which runs a transfer by itself but for its FIFOs.
 *
 * Registers touched here:
 *   IOM3, TM_I2C_BASE 0x50007000 (DS, I2C/SPI Master): FIFOPTR 0x100, FIFOTHR 0x104, FIFOPOP 0x108,
 *     FIFOPUSH 0x10C, FIFOCTRL 0x110, INTEN 0x200, INTSTAT 0x204, INTCLR 0x208, CLKCFG 0x210,
 *     SUBMODCTRL 0x214, CMD 0x218, OFFSETHI 0x220, MI2CCFG 0x400, DEVCFG 0x404
 *   PWRCTRL 0x40021000 (DS, Power Control): DEVPWREN 0x008, DEVPWRSTATUS 0x018
 *   GPIO 0x40010000 (DS, GPIO and Pad Configuration): PADREG 0x000 (a byte a pad), CFG 0x040
 *     (four bits a pad), PADKEY 0x060, WTSA 0x090, WTSB 0x094, WTCA 0x098, WTCB 0x09C
 *
 * What is written before a read goes as the command's offset, of up to three bytes. More than that
 * is a command of its own, behind which the bus is held (CONT), so that the read's start is a
 * repeated one. Each of the two FIFOs holds 32 bytes; when the one that is read is full, or the one
 * that is written is empty, the clock is held, so that nothing is lost. */
#include "board_config.h"
#include "tm_i2c_queue.h"
#include "tm_interrupts.h"
#include "tm_pads.h"

#define IOM(offset) TM_REG(TM_I2C_BASE + (offset))
#define IOM_FIFOPTR 0x100u
#define IOM_FIFOPTR_FREE(value) ((value) >> 8 & 0xFFu) /* of what is written */
#define IOM_FIFOPTR_TO_READ(value) ((value) >> 16 & 0xFFu)
#define IOM_FIFOTHR 0x104u
#define IOM_FIFOTHR_READ 16u
#define IOM_FIFOTHR_WRITE (16u << 8)
#define IOM_FIFOPOP 0x108u
#define IOM_FIFOPUSH 0x10Cu
#define IOM_FIFOCTRL 0x110u
#define IOM_FIFOCTRL_RUN (1u << 1) /* a zero empties the FIFOs */
#define IOM_INTEN 0x200u
#define IOM_INTSTAT 0x204u
#define IOM_INTCLR 0x208u
#define IOM_INT_DONE 1u
#define IOM_INT_THRESHOLD (1u << 1)
#define IOM_INT_REFUSED (1u << 4)
#define IOM_INT_USED (IOM_INT_DONE | IOM_INT_THRESHOLD | IOM_INT_REFUSED)
#define IOM_CLKCFG 0x210u
/* 24 MHz by 30, and by two in the I2C master: 400 kHz, low as long as high. */
#define IOM_CLKCFG_400K (1u | (2u << 8) | (1u << 12) | (0x0Eu << 16) | (0x1Du << 24))
#define IOM_SUBMODCTRL 0x214u
#define IOM_SUBMODCTRL_I2C (1u << 4)
#define IOM_CMD 0x218u
#define IOM_CMD_WRITE 1u
#define IOM_CMD_READ 2u
#define IOM_CMD_OFFSET(count, lowest) ((uint32_t)(count) << 5 | (uint32_t)(lowest) << 24)
#define IOM_CMD_CONT (1u << 7)
#define IOM_CMD_BYTES(count) ((uint32_t)(count) << 8)
#define IOM_OFFSETHI 0x220u
#define IOM_MI2CCFG 0x400u
/* Delays of the data line and of sampling for 400 kHz, as Ambiq sets them. */
#define IOM_MI2CCFG_400K ((3u << 4) | (1u << 6) | (2u << 8) | (15u << 12) | (3u << 16))
#define IOM_DEVCFG 0x404u
#define MOST_OFFSET_BYTES 3u
#define IOM_PWRCTRL_DEVPWREN 0x40021008u
#define IOM_PWRCTRL_DEVPWREN_IOM3 (1u << 4)
#define IOM_PWRCTRL_DEVPWRSTATUS 0x40021018u
#define IOM_PWRCTRL_DEVPWRSTATUS_HCPC (1u << 4)
#define PAD_FUNCTION_IOM3 4u
#define HALF_CLOCK_US 5u
#define FREEING_CLOCKS 9u
#define IOM_POWER_LIMIT_US 10000u
/* Until the sensor's own start-up is over; LIS2DH12: 5 ms after its supply is there. */
#define POWER_UP_US 6000u

#if TM_I2C_BASE != 0x50007000 || TM_I2C_HZ != 400000
#error "the apollo3's I2C is IOM3 at 400 kHz: base and hz in [i2c]"
#endif

static const tm_i2c_transfer *transfer;
static uint32_t sent, got;
static bool is_reading, is_refused;

static void lines_init(uint32_t function) {
    const uint32_t padreg = PAD_FUNCTION(function) | PAD_PULL_UP | PAD_INPUT_ENABLE | PAD_STRONG;
    TM_REG(GPIO_PADKEY) = GPIO_KEY;
    tm_pad_init(TM_I2C_SCL_PAD, padreg, GPIO_CFG_OPEN_DRAIN);
    tm_pad_init(TM_I2C_SDA_PAD, padreg, GPIO_CFG_OPEN_DRAIN);
    TM_REG(GPIO_PADKEY) = 0;
}

/* Also what brings it back after an error: the I2C master off and on, and empty FIFOs. */
static void enable(void) {
    IOM(IOM_SUBMODCTRL) = 0;
    IOM(IOM_FIFOCTRL) = 0;
    IOM(IOM_FIFOCTRL) = IOM_FIFOCTRL_RUN;
    IOM(IOM_INTCLR) = 0xFFFFFFFFu;
    IOM(IOM_SUBMODCTRL) = IOM_SUBMODCTRL_I2C;
}

static void i2c_bus_on(void) {
    TM_REG(IOM_PWRCTRL_DEVPWREN) |= IOM_PWRCTRL_DEVPWREN_IOM3;
    for (uint32_t left = tm_looks_in(IOM_POWER_LIMIT_US); left > 0; left--) {
        if ((TM_REG(IOM_PWRCTRL_DEVPWRSTATUS) & IOM_PWRCTRL_DEVPWRSTATUS_HCPC) != 0) {
            break;
        }
    }
    lines_init(PAD_FUNCTION_IOM3);
    IOM(IOM_CLKCFG) = IOM_CLKCFG_400K;
    IOM(IOM_MI2CCFG) = IOM_MI2CCFG_400K;
    IOM(IOM_FIFOTHR) = IOM_FIFOTHR_READ;
    tm_wait(POWER_UP_US);
    enable();
    IOM(IOM_INTEN) = IOM_INT_USED;
    tm_interrupt_on(TM_INTERRUPT_IOM3);
}

/* Fills the FIFO, four bytes at a time. Its interrupt is on while some are left, and only then. */
static void push(void) {
    uint32_t room = IOM_FIFOPTR_FREE(IOM(IOM_FIFOPTR));
    for (; sent < transfer->out_bytes && room >= 4u; room -= 4u) {
        uint32_t word = 0;
        for (uint32_t byte = 0; byte < 4u && sent < transfer->out_bytes; byte++) {
            word |= (uint32_t)transfer->out[sent++] << (8u * byte);
        }
        IOM(IOM_FIFOPUSH) = word;
    }
    const bool is_all = sent == transfer->out_bytes;
    IOM(IOM_FIFOTHR) = IOM_FIFOTHR_READ | (is_all ? 0 : IOM_FIFOTHR_WRITE);
}

/* The offset's first byte is the highest one. */
static void begin_reading(uint32_t offset_bytes) {
    uint32_t offset = 0;
    for (uint32_t i = 0; i < offset_bytes; i++) {
        offset = offset << 8 | transfer->out[i];
    }
    is_reading = true;
    IOM(IOM_OFFSETHI) = offset >> 8;
    IOM(IOM_CMD) = IOM_CMD_READ | IOM_CMD_BYTES(transfer->in_bytes) |
                   IOM_CMD_OFFSET(offset_bytes, offset & 0xFFu);
}

static void i2c_begin(const tm_i2c_transfer *next) {
    transfer = next;
    sent = got = 0;
    is_reading = is_refused = false;
    IOM(IOM_DEVCFG) = next->address;
    if (next->in_bytes != 0 && next->out_bytes <= MOST_OFFSET_BYTES) {
        begin_reading(next->out_bytes);
    } else {
        push();
        IOM(IOM_CMD) = IOM_CMD_WRITE | IOM_CMD_BYTES(next->out_bytes) |
                       (next->in_bytes != 0 ? IOM_CMD_CONT : 0);
    }
}

/* A read of FIFOPOP takes four bytes, at the end of a transfer also fewer. */
static void take(uint32_t bytes) {
    while (bytes > 0 && got < transfer->in_bytes) {
        uint32_t word = IOM(IOM_FIFOPOP);
        for (uint32_t i = 0; i < 4u && bytes > 0 && got < transfer->in_bytes; i++, bytes--) {
            transfer->in[got++] = (uint8_t)word;
            word >>= 8;
        }
    }
}

void TM_INTERRUPT(TM_INTERRUPT_IOM3)(void);

void TM_INTERRUPT(TM_INTERRUPT_IOM3)(void) {
    const uint32_t what = IOM(IOM_INTSTAT);
    IOM(IOM_INTCLR) = what;
    if ((what & IOM_INT_REFUSED) != 0) {
        is_refused = true;
    }
    const bool is_done = (what & IOM_INT_DONE) != 0;
    if (is_reading) {
        const uint32_t there = IOM_FIFOPTR_TO_READ(IOM(IOM_FIFOPTR));
        take(is_done ? there : there & ~3u);
    } else if (!is_done && !is_refused) {
        push();
    }
    if (is_refused) {
        enable();
        i2c_ended(TM_I2C_REFUSED);
    } else if (is_done && !is_reading && transfer->in_bytes != 0) {
        begin_reading(0);
    } else if (is_done) {
        i2c_ended(got < transfer->in_bytes ? TM_I2C_REFUSED : TM_I2C_DONE);
    }
}

static void set_pad(uint32_t pad, uint32_t words) {
    TM_REG(words + 4u * (pad / 32u)) = 1u << (pad % 32u);
    tm_wait(HALF_CLOCK_US);
}

/* A sensor that was left in the middle of a byte holds the data line until it has seen the clocks
 * of the rest (I2C specification UM10204, 3.1.16). A rise of the data line then is a stop. */
static void i2c_free(void) {
    IOM(IOM_SUBMODCTRL) = 0;
    set_pad(TM_I2C_SCL_PAD, GPIO_WTS);
    set_pad(TM_I2C_SDA_PAD, GPIO_WTS);
    lines_init(PAD_FUNCTION_GPIO);
    for (uint32_t i = 0; i < FREEING_CLOCKS; i++) {
        set_pad(TM_I2C_SCL_PAD, GPIO_WTC);
        set_pad(TM_I2C_SCL_PAD, GPIO_WTS);
    }
    set_pad(TM_I2C_SDA_PAD, GPIO_WTC);
    set_pad(TM_I2C_SDA_PAD, GPIO_WTS);
    lines_init(PAD_FUNCTION_IOM3);
    enable();
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A serial port on USB: CDC 1.2 with its subclass for PSTN devices 1.2, 6.3.
 *
 * Bytes from the host are never lost: where there is no room the packet stays in USBD, and the host
 * waits. Bytes to the host are dropped while no program has the port open (DTR), and while one does
 * not read. What was handed to USBD, one packet, can not be taken back.
 *
 * Each index has one writer. main: to_host_put, from_host_taken. Interrupts: the others. */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_port.h"
#include "tm_receive.h"
#include "tm_usb.h"
#include "tm_usbd_registers.h"

#ifdef TM_USB_VENDOR

#define SET_LINE_CODING 0x20u
#define GET_LINE_CODING 0x21u
#define SET_CONTROL_LINE_STATE 0x22u
#define SEND_BREAK 0x23u
#define CODING_BYTES 7u
#define LINE_STATE_DTR 1u
#define TOUCH_BAUD 1200u
/* What the Nano's bootloader looks for: else it starts the application (RIOT's and Arduino's code
 * for this board, variables NRF52_DOUBLE_TAP_MAGIC_NUMBER and DFU_MAGIC_SERIAL_ONLY_RESET). */
#define STAY_IN_BOOTLOADER 0xB0u
#define STATUS_STAGE_TURNS (TM_CLOCK_HZ / 300u) /* of an empty loop: about 20 ms */
#define RING_BYTES 512u                         /* a power of two, and more than two packets */

static volatile uint8_t to_host[RING_BYTES];
static volatile uint32_t to_host_put, to_host_taken;
static volatile uint8_t from_host[RING_BYTES];
static volatile uint32_t from_host_put, from_host_taken;
TM_USB_BUFFER static uint8_t packet_out[TM_USB_PACKET_BYTES];
TM_USB_BUFFER static uint8_t packet_in[TM_USB_PACKET_BYTES];

static uint8_t coding[CODING_BYTES]; /* baud rate, stop bits, parity, data bits */
static bool is_configured, is_suspended;
static volatile bool is_open;    /* a program has the port open, or at least talks to us */
static volatile bool is_stuck;   /* and does not read: nothing went since a wait for it ended */
static volatile bool is_sending; /* a packet is in USBD */
static bool was_full;            /* the last one, so that an empty one must end the transfer */
static bool is_waiting;          /* a packet that the host sent is in USBD */
static bool has_taken_first;     /* since the last reset */

static const uint8_t coding_after_reset[CODING_BYTES] = {0x00, 0xC2, 0x01, 0x00, 0, 0, 8};

static uint32_t baud(void) {
    return coding[0] | (uint32_t)coding[1] << 8 | (uint32_t)coding[2] << 16 |
           (uint32_t)coding[3] << 24;
}

/* What nobody read is not for the next program. */
static void be_open(bool is_now) {
    if (!is_now || !is_open) {
        to_host_taken = to_host_put;
        is_stuck = false;
    }
    is_open = is_now;
}

/* The end of a touch at 1200 baud. The host first gets its answer; GPREGRET survives the reset. */
static void start_bootloader(void) {
    for (volatile uint32_t i = 0; i < STATUS_STAGE_TURNS; i++) {
    }
    tm_usbd_off();
    TM_REG(POWER_GPREGRET) = STAY_IN_BOOTLOADER;
    tm_cortex_m_reset();
}

bool tm_usb_class_knows(const tm_usb_request *request) {
    if (request->index != 0) {
        return false; /* interface 1 has no requests */
    }
    const bool is_to_host = (request->type & TM_USB_IN) != 0;
    switch (request->request) {
    case SET_LINE_CODING:
        return !is_to_host && request->length == CODING_BYTES;
    case GET_LINE_CODING:
        return is_to_host;
    case SET_CONTROL_LINE_STATE:
    case SEND_BREAK: /* there is no line that could be held low */
        return !is_to_host && request->length == 0;
    default:
        return false;
    }
}

void tm_usb_class_do(const tm_usb_request *request) {
    if (request->request != SET_CONTROL_LINE_STATE) {
        return;
    }
    const bool is_now = (request->value & LINE_STATE_DTR) != 0;
    be_open(is_now);
    if (!is_now && baud() == TOUCH_BAUD) {
        start_bootloader();
    }
}

const uint8_t *tm_usb_class_reply(uint32_t *bytes) {
    *bytes = CODING_BYTES;
    return coding;
}

bool tm_usb_class_data(const uint8_t *data, uint32_t bytes) {
    if (bytes != CODING_BYTES) {
        return false;
    }
    for (uint32_t i = 0; i < CODING_BYTES; i++) {
        coding[i] = data[i];
    }
    return true;
}

static void put_from_host(uint8_t byte) {
    from_host[from_host_put % RING_BYTES] = byte;
    from_host_put = from_host_put + 1u;
}

static uint32_t room_from_host(void) { return RING_BYTES - (from_host_put - from_host_taken); }

/* A packet that the host sent whole, and that nobody may rely on any more. */
static void lose_what_waits(void) {
    const tm_losses lost = {.overrun = 1};
    tm_count_losses(&lost);
    if (room_from_host() > 0) {
        put_from_host(TM_PORT_HOLE);
    }
    is_waiting = false;
}

/* The first packet is asked for once after a reset: asked for again, USBD would forget one that
 * waits. */
void tm_usb_configured(bool is_now) {
    is_configured = is_now;
    if (is_now) {
        if (!has_taken_first) {
            has_taken_first = true;
            tm_usbd_accept(TM_USB_DATA);
        }
        return;
    }
    be_open(false);
}

void tm_usb_forget(void) {
    if (is_waiting) {
        lose_what_waits();
    }
    has_taken_first = is_suspended = is_sending = was_full = false;
    for (uint32_t i = 0; i < CODING_BYTES; i++) {
        coding[i] = coding_after_reset[i];
    }
}

void tm_usb_suspended(bool is_now) { is_suspended = is_now; }

void tm_usb_data_went(uint32_t status) {
    if (status != 0) {
        is_suspended = false;
    }
    if ((status & USBD_EPDATASTATUS_EPIN1) != 0) {
        is_sending = is_stuck = false;
    }
    if ((status & USBD_EPDATASTATUS_EPOUT1) != 0) {
        is_waiting = true;
    }
}

static void take_packet(void) {
    const uint32_t bytes = tm_usbd_receive(TM_USB_DATA, packet_out);
    for (uint32_t i = 0; i < bytes; i++) {
        put_from_host(packet_out[i]);
    }
    is_waiting = false;
    be_open(true); /* whoever asks wants an answer, also by a driver that knows no DTR */
}

static void give_packet(void) {
    const uint32_t ready = to_host_put - to_host_taken;
    const uint32_t bytes = ready < TM_USB_PACKET_BYTES ? ready : TM_USB_PACKET_BYTES;
    if (bytes == 0 && !was_full) {
        return;
    }
    for (uint32_t i = 0; i < bytes; i++) {
        packet_in[i] = to_host[(to_host_taken + i) % RING_BYTES];
    }
    to_host_taken = to_host_taken + bytes;
    was_full = bytes == TM_USB_PACKET_BYTES;
    is_sending = true;
    tm_usbd_send(TM_USB_DATA, packet_in, bytes);
}

void tm_usb_move(void) {
    if (is_configured && is_waiting && room_from_host() >= TM_USB_PACKET_BYTES) {
        take_packet();
    }
    if (is_configured && !is_sending) {
        give_packet();
    }
}

bool tm_usb_has_byte(void) { return from_host_taken != from_host_put; }

int tm_usb_take(void) {
    if (!tm_usb_has_byte()) {
        return -1;
    }
    const uint8_t byte = from_host[from_host_taken % RING_BYTES];
    from_host_taken = from_host_taken + 1u;
    if (room_from_host() == TM_USB_PACKET_BYTES) {
        tm_usbd_call(); /* a packet may wait for just this room */
    }
    return byte;
}

bool tm_usb_is_open(void) { return is_open; }

bool tm_usb_has_room(void) { return to_host_put - to_host_taken < RING_BYTES; }

bool tm_usb_has_sent_all(void) { return to_host_put == to_host_taken && !is_sending; }

/* A host that sleeps is not waited for: it wakes up when it likes. */
bool tm_usb_is_worth_a_wait(void) { return !is_stuck && !is_suspended; }

void tm_usb_is_not_read(void) { is_stuck = true; }

void tm_usb_put(uint8_t byte) {
    to_host[to_host_put % RING_BYTES] = byte;
    to_host_put = to_host_put + 1u;
}

#endif

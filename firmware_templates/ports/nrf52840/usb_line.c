/* SPDX-License-Identifier: Apache-2.0
 *
 * USB as tm_port_read and tm_port_write see it. */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_usb.h"

#ifdef TM_USB_VENDOR

/* A look takes some forty cycles: in all about half a second. */
#define READER_LOOKS (TM_CLOCK_HZ / 80u)

int tm_usb_read(void) { return tm_usb_take(); }

/* No interrupt comes through a fault's handler, which also has something to say. */
static void let_it_move(void) {
    if (tm_cortex_m_in_handler()) {
        tm_usb_handle();
    }
}

static bool has_room_or_none_is_wanted(void) {
    let_it_move();
    return !tm_usb_is_open() || tm_usb_has_room();
}

static bool has_sent_all_or_none_is_wanted(void) {
    let_it_move();
    return !tm_usb_is_open() || tm_usb_has_sent_all();
}

/* Once it was waited for in vain, no more until the host has fetched something. */
static bool wait_for_room(void) {
    if (has_room_or_none_is_wanted()) {
        return true;
    }
    tm_usbd_call();
    for (uint32_t look = 0; tm_usb_is_worth_a_wait(); look++) {
        if (has_room_or_none_is_wanted()) {
            return true;
        }
        if (look == READER_LOOKS) {
            tm_usb_is_not_read();
        }
    }
    return false;
}

void tm_usb_write(const char *data, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        if (!wait_for_room() || !tm_usb_is_open()) {
            break;
        }
        tm_usb_put((uint8_t)data[i]);
    }
    if (tm_usb_is_open()) {
        tm_usbd_call();
        let_it_move();
    }
}

void tm_usb_flush(void) {
    for (uint32_t look = 0; tm_usb_is_worth_a_wait() && !has_sent_all_or_none_is_wanted(); look++) {
        if (look == READER_LOOKS) {
            tm_usb_is_not_read();
        }
    }
}

#endif

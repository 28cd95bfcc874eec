/* SPDX-License-Identifier: Apache-2.0
 *
 * What USBD tells, and who it is for: its interrupt (PS 6.35). */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_interrupts.h"
#include "tm_usb.h"
#include "tm_usbd_registers.h"

#ifdef TM_USB_VENDOR

static bool take_event(uint32_t event) {
    const bool came = TM_REG(event) != 0;
    if (came) {
        TM_REG(event) = 0;
    }
    return came;
}

static uint32_t take_bits(uint32_t reg) {
    const uint32_t bits = TM_REG(reg);
    TM_REG(reg) = bits;
    return bits;
}

static uint16_t two_bytes(uint32_t low, uint32_t high) {
    return (uint16_t)((TM_REG(low) & 0xFFu) | (TM_REG(high) & 0xFFu) << 8);
}

static tm_usb_request read_setup(void) {
    const tm_usb_request request = {
        .type = (uint8_t)TM_REG(USBD_BMREQUESTTYPE),
        .request = (uint8_t)TM_REG(USBD_BREQUEST),
        .value = two_bytes(USBD_WVALUEL, USBD_WVALUEH),
        .index = two_bytes(USBD_WINDEXL, USBD_WINDEXH),
        .length = two_bytes(USBD_WLENGTHL, USBD_WLENGTHH),
    };
    return request;
}

/* A host that did not hear our ACK says it again, perhaps right now. */
static void take_setup(void) {
    tm_usb_request request;
    do {
        TM_REG(USBD_EVENTS_EP0DATADONE) = 0; /* of a request that the host gave up */
        request = read_setup();
    } while (take_event(USBD_EVENTS_EP0SETUP));
    tm_usb_setup(&request);
}

static void take_cause(void) {
    const uint32_t cause = take_bits(USBD_EVENTCAUSE);
    if (cause & USBD_EVENTCAUSE_SUSPEND) {
        tm_usb_suspended(true);
    }
    if (cause & USBD_EVENTCAUSE_RESUME) {
        tm_usb_suspended(false);
    }
}

/* The reset comes first: what is there beside it is what came before. */
static void take_reset(void) {
    TM_REG(USBD_EVENTS_EP0DATADONE) = 0;
    TM_REG(USBD_EVENTS_EPDATA) = 0;
    tm_usb_data_went(take_bits(USBD_EPDATASTATUS));
    tm_usb_reset();
}

void tm_usb_handle(void) {
    if (take_event(USBD_EVENTS_USBRESET)) {
        take_reset();
    }
    if (take_event(USBD_EVENTS_USBEVENT)) {
        take_cause();
    }
    if (take_event(USBD_EVENTS_EP0SETUP)) {
        take_setup();
    } else if (take_event(USBD_EVENTS_EP0DATADONE)) {
        tm_usb_data_stage_done();
    }
    if (take_event(USBD_EVENTS_EPDATA)) {
        tm_usb_data_went(take_bits(USBD_EPDATASTATUS));
    }
    tm_usb_move();
}

void TM_INTERRUPT(TM_INTERRUPT_USBD)(void);

void TM_INTERRUPT(TM_INTERRUPT_USBD)(void) { tm_usb_handle(); }

#endif

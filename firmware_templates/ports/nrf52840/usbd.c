/* SPDX-License-Identifier: Apache-2.0
 *
 * USBD: packets between its own buffers and RAM, and its endpoints (PS 6.35).
 *
 * EasyDMA has one channel for all endpoints. A packet takes it a few microseconds, so it is waited
 * for, and there are never two at once. While it runs, USBD takes no task (erratum 199). An OUT
 * endpoint refuses packets (NAK) from the one that came on until EasyDMA has moved it, or until
 * SIZE.EPOUT is written; so that is written for the first packet only, and for one without data. */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_interrupts.h"
#include "tm_usb.h"
#include "tm_usbd_registers.h"

void tm_usbd_off(void) {
    TM_REG(USBD_USBPULLUP) = 0;
    TM_REG(USBD_ENABLE) = 0;
}

#ifdef TM_USB_VENDOR

#define ENDPOINT_BITS 0x0Fu
#define CONTROL_ALONE 1u /* in EPINEN and EPOUTEN */
#define DMA_LOOKS 1000u  /* some hundred microseconds */
#define ALL 0xFFFFFFFFu

/* Not tm_wait_until: a fault's handler comes here from within it, and the proof of the stack would
 * see no end. */
static bool has_ended(uint32_t event) {
    uint32_t looks = DMA_LOOKS;
    while (TM_REG(event) == 0) {
        if (looks-- == 0) { /* as without a cable */
            return false;
        }
    }
    return true;
}

static bool move(uint32_t task, uint32_t end) {
    TM_REG(end) = 0;
    TM_REG(USBD_EVENTS_STARTED) = 0;
    TM_REG(ERRATUM_199) = ERRATUM_199_DURING_DMA;
    tm_barrier();
    TM_REG(task) = 1;
    const bool is_done = has_ended(end);
    TM_REG(ERRATUM_199) = 0;
    TM_REG(end) = 0;
    tm_barrier();
    return is_done;
}

/* The host has begun a new request. What was meant for the one before must not answer it; a new one
 * clears what is under way on endpoint 0. */
static bool is_overtaken(void) { return TM_REG(USBD_EVENTS_EP0SETUP) != 0; }

static void answer_by(uint32_t task) {
    if (!is_overtaken()) {
        TM_REG(task) = 1;
    }
}

void tm_usbd_send(uint32_t endpoint, const uint8_t *packet, uint32_t bytes) {
    if (endpoint == TM_USB_CONTROL && is_overtaken()) {
        return;
    }
    TM_REG(USBD_EPIN_PTR(endpoint)) = (uint32_t)(uintptr_t)packet;
    TM_REG(USBD_EPIN_MAXCNT(endpoint)) = bytes;
    (void)move(USBD_TASKS_STARTEPIN(endpoint), USBD_EVENTS_ENDEPIN(endpoint));
}

void tm_usbd_accept(uint32_t endpoint) { TM_REG(USBD_SIZE_EPOUT(endpoint)) = 0; }

/* SIZE is read before the move: meanwhile it is not to be relied on. */
uint32_t tm_usbd_receive(uint32_t endpoint, uint8_t *packet) {
    const uint32_t size = TM_REG(USBD_SIZE_EPOUT(endpoint));
    const uint32_t bytes = size < TM_USB_PACKET_BYTES ? size : TM_USB_PACKET_BYTES;
    if (bytes == 0) {
        if (endpoint != TM_USB_CONTROL) {
            tm_usbd_accept(endpoint);
        }
        return 0;
    }
    TM_REG(USBD_EPOUT_PTR(endpoint)) = (uint32_t)(uintptr_t)packet;
    TM_REG(USBD_EPOUT_MAXCNT(endpoint)) = bytes;
    const bool has_moved = move(USBD_TASKS_STARTEPOUT(endpoint), USBD_EVENTS_ENDEPOUT(endpoint));
    return has_moved ? bytes : 0;
}

void tm_usbd_allow_status(void) { answer_by(USBD_TASKS_EP0STATUS); }

void tm_usbd_allow_data(void) { answer_by(USBD_TASKS_EP0RCVOUT); }

void tm_usbd_refuse(void) { answer_by(USBD_TASKS_EP0STALL); }

/* Halt ends with DATA0 next, whether there was one or not (USB 2.0 9.4.5). A packet that waits in
 * USBD stays and goes then: a host whose ACK for it was lost has it twice, but none is lost. */
void tm_usbd_halt(uint32_t address, bool is_halted) {
    const uint32_t endpoint = address & ENDPOINT_BITS;
    const bool is_in = (address & TM_USB_IN) != 0;
    TM_REG(USBD_EPSTALL) =
        endpoint | (is_in ? USBD_EPSTALL_IN : 0u) | (is_halted ? USBD_EPSTALL_STALL : 0u);
    if (!is_halted) {
        TM_REG(USBD_DTOGGLE) = endpoint | (is_in ? USBD_DTOGGLE_IN : 0u) | USBD_DTOGGLE_DATA0;
    }
}

bool tm_usbd_is_halted(uint32_t address) {
    const uint32_t endpoint = address & ENDPOINT_BITS;
    const bool is_in = (address & TM_USB_IN) != 0;
    return TM_REG(is_in ? USBD_HALTED_EPIN(endpoint) : USBD_HALTED_EPOUT(endpoint)) != 0;
}

void tm_usbd_open_endpoints(bool are_open) {
    TM_REG(USBD_EPINEN) =
        CONTROL_ALONE | (are_open ? (1u << TM_USB_DATA) | (1u << TM_USB_NOTES) : 0u);
    TM_REG(USBD_EPOUTEN) = CONTROL_ALONE | (are_open ? 1u << TM_USB_DATA : 0u);
    if (are_open) {
        tm_usbd_halt(TM_USB_DATA, false);
        tm_usbd_halt(TM_USB_DATA | TM_USB_IN, false);
        tm_usbd_halt(TM_USB_NOTES | TM_USB_IN, false);
    }
}

void tm_usbd_listen(void) {
    TM_REG(USBD_SHORTS) = 0;
    TM_REG(USBD_INTENCLR) = ALL;
    TM_REG(USBD_INTENSET) = USBD_INTEN_USBRESET | USBD_INTEN_EP0DATADONE | USBD_INTEN_USBEVENT |
                            USBD_INTEN_EP0SETUP | USBD_INTEN_EPDATA;
}

void tm_usbd_call(void) { tm_interrupt_pend(TM_INTERRUPT_USBD); }

#endif

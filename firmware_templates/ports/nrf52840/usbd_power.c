/* SPDX-License-Identifier: Apache-2.0
 *
 * From the cable to the pull-up by which the host sees a device (PS 6.35.4, Power-up sequence).
 *
 * Errata: 171 and 187, USBD may not come up without writes to registers that have no name; 223, the
 * first time after a reset it must be switched on twice. 211 is about its low power mode, 166 about
 * isochronous endpoints: neither is used. */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_crystal.h"
#include "tm_interrupts.h"
#include "tm_usb.h"
#include "tm_usbd_registers.h"

#ifdef TM_USB_VENDOR

/* PS does not say how long; a look is cheap, and a cable is not plugged in often. */
#define READY_LIMIT_US 2000u

static bool is_on, is_seen;

static bool is_ready(void) { return (TM_REG(USBD_EVENTCAUSE) & USBD_EVENTCAUSE_READY) != 0; }

static void write_locked(uint32_t address, uint32_t value) {
    if (TM_REG(ERRATA_LOCK) == 0) {
        TM_REG(ERRATA_LOCK) = ERRATA_LOCK_KEY;
    }
    TM_REG(address) = value;
    TM_REG(ERRATA_LOCK) = ERRATA_LOCK_KEY;
}

static bool enable(void) {
    TM_REG(USBD_EVENTCAUSE) = USBD_EVENTCAUSE_READY; /* a one clears it */
    write_locked(ERRATUM_187, ERRATUM_187_WHILE_ENABLING);
    write_locked(ERRATUM_171, ERRATUM_171_WHILE_ENABLING);
    TM_REG(USBD_ENABLE) = 1;
    const bool came = tm_wait_until(is_ready, READY_LIMIT_US);
    TM_REG(USBD_EVENTCAUSE) = USBD_EVENTCAUSE_READY;
    write_locked(ERRATUM_171, 0);
    write_locked(ERRATUM_187, 0);
    return came;
}

static void switch_on(void) {
    const bool first = enable();
    TM_REG(USBD_ENABLE) = 0; /* erratum 223 */
    is_on = first && enable();
    if (is_on) {
        tm_usbd_listen();
    } else {
        tm_usbd_off();
    }
}

static void switch_off(void) {
    tm_usbd_off();
    is_on = is_seen = false;
    tm_usb_reset();
}

/* Where a supply is not measured, as in some emulators, USBREGSTATUS reads 0. */
static void follow_the_cable(void) {
    const uint32_t supply = TM_REG(POWER_USBREGSTATUS);
    if ((supply & POWER_USBREGSTATUS_VBUSDETECT) == 0) {
        if (is_on) {
            switch_off();
        }
        return;
    }
    if (!is_on) {
        switch_on();
    }
    if (is_on && !is_seen && (supply & POWER_USBREGSTATUS_OUTPUTRDY) != 0 && tm_crystal_runs()) {
        is_seen = true;
        TM_REG(USBD_USBPULLUP) = 1;
    }
}

void TM_INTERRUPT(TM_INTERRUPT_POWER_CLOCK)(void);

void TM_INTERRUPT(TM_INTERRUPT_POWER_CLOCK)(void) {
    const bool was_removed = TM_REG(POWER_EVENTS_USBREMOVED) != 0;
    TM_REG(POWER_EVENTS_HFCLKSTARTED) = 0;
    TM_REG(POWER_EVENTS_USBDETECTED) = 0;
    TM_REG(POWER_EVENTS_USBREMOVED) = 0;
    TM_REG(POWER_EVENTS_USBPWRRDY) = 0;
    if (was_removed && is_on) { /* and perhaps is back by now */
        switch_off();
    }
    follow_the_cable();
    (void)TM_REG(POWER_EVENTS_USBPWRRDY); /* PS 6.1.8: a cleared event takes some cycles */
}

void tm_usbd_start(void) {
    TM_REG(POWER_INTENSET) = POWER_INTEN_HFCLKSTARTED | POWER_INTEN_USBDETECTED |
                             POWER_INTEN_USBREMOVED | POWER_INTEN_USBPWRRDY;
    follow_the_cable();
    tm_interrupt_on(TM_INTERRUPT_POWER_CLOCK);
    tm_interrupt_on(TM_INTERRUPT_USBD);
}

#endif

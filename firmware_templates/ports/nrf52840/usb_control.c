/* SPDX-License-Identifier: Apache-2.0
 *
 * Endpoint 0: the requests of every device (USB 2.0 chapter 9), and the stages of those of the
 * class. USBD answers SET_ADDRESS by itself; what is not known is refused by a STALL. */
#include "board_config.h"
#include "tm_usb.h"

#ifdef TM_USB_VENDOR

#define GET_STATUS 0u
#define CLEAR_FEATURE 1u
#define SET_FEATURE 3u
#define SET_ADDRESS 5u
#define GET_DESCRIPTOR 6u
#define GET_CONFIGURATION 8u
#define SET_CONFIGURATION 9u
#define GET_INTERFACE 10u
#define SET_INTERFACE 11u
#define TO_DEVICE 0u
#define TO_INTERFACE 1u
#define TO_ENDPOINT 2u
#define KIND_BITS 0x60u /* of a request's type: standard, class or vendor */
#define KIND_CLASS 0x20u
#define FEATURE_HALT 0u
#define INTERFACES 2u
#define DATA_INTERFACE 1u

TM_USB_BUFFER static uint8_t packet[TM_USB_PACKET_BYTES];
static uint8_t configuration;
static uint8_t answer[2];
static const uint8_t *rest; /* what is left to send, and whether an empty packet ends it */
static uint32_t rest_bytes;
static bool is_ended_by_empty, waits_for_data;
static uint16_t asked_bytes;

static void send_packet(void) {
    const uint32_t bytes = rest_bytes < sizeof packet ? rest_bytes : sizeof packet;
    for (uint32_t i = 0; i < bytes; i++) {
        packet[i] = rest[i];
    }
    rest += bytes;
    rest_bytes -= bytes;
    if (bytes < sizeof packet) {
        is_ended_by_empty = false; /* this one is short */
    }
    tm_usbd_send(TM_USB_CONTROL, packet, bytes);
}

/* As much as the host asked for. Less than that must end with a packet that is not full. */
static void send_reply(const uint8_t *data, uint32_t bytes) {
    if (asked_bytes == 0) {
        tm_usbd_allow_status();
        return;
    }
    rest = data;
    rest_bytes = bytes < asked_bytes ? bytes : asked_bytes;
    is_ended_by_empty = rest_bytes < asked_bytes;
    send_packet();
}

void tm_usb_data_stage_done(void) {
    if (waits_for_data) {
        waits_for_data = false;
        const uint32_t bytes = tm_usbd_receive(TM_USB_CONTROL, packet);
        if (tm_usb_class_data(packet, bytes)) {
            tm_usbd_allow_status();
        } else {
            tm_usbd_refuse();
        }
    } else if (rest_bytes > 0 || is_ended_by_empty) {
        send_packet();
    } else {
        tm_usbd_allow_status();
    }
}

static bool reply_byte(uint8_t low) {
    answer[0] = low;
    send_reply(answer, 1);
    return true;
}

static bool reply_status(bool is_halted) {
    answer[0] = is_halted;
    answer[1] = 0;
    send_reply(answer, 2);
    return true;
}

static bool done(void) {
    tm_usbd_allow_status();
    return true;
}

static bool is_endpoint(uint32_t address) {
    return configuration != 0 && (address == TM_USB_DATA || address == (TM_USB_DATA | TM_USB_IN) ||
                                  address == (TM_USB_NOTES | TM_USB_IN));
}

static bool is_interface(const tm_usb_request *request) {
    return configuration != 0 && request->index < INTERFACES;
}

static bool get_descriptor(const tm_usb_request *request) {
    uint32_t bytes = 0;
    const uint8_t *const found =
        tm_usb_descriptor(request->value >> 8, request->value & 0xFFu, &bytes);
    if (found == 0) {
        return false;
    }
    send_reply(found, bytes);
    return true;
}

static bool set_configuration(const tm_usb_request *request) {
    if (request->value > 1u) {
        return false;
    }
    configuration = (uint8_t)request->value;
    tm_usbd_open_endpoints(configuration != 0);
    tm_usb_configured(configuration != 0);
    return done();
}

static bool of_device(const tm_usb_request *request) {
    switch (request->request) {
    case GET_STATUS:
        return reply_status(false); /* power comes by the cable, and it wakes no host */
    case SET_ADDRESS:
        return true;
    case GET_DESCRIPTOR:
        return get_descriptor(request);
    case GET_CONFIGURATION:
        return reply_byte(configuration);
    case SET_CONFIGURATION:
        return set_configuration(request);
    default:
        return false;
    }
}

/* There is nothing to choose, but its endpoints start anew with DATA0 (USB 2.0 9.1.1.5). */
static bool set_interface(const tm_usb_request *request) {
    if (request->value != 0) {
        return false;
    }
    if (request->index == DATA_INTERFACE) {
        tm_usbd_halt(TM_USB_DATA, false);
        tm_usbd_halt(TM_USB_DATA | TM_USB_IN, false);
    } else {
        tm_usbd_halt(TM_USB_NOTES | TM_USB_IN, false);
    }
    return done();
}

static bool of_interface(const tm_usb_request *request) {
    if (!is_interface(request)) {
        return false;
    }
    switch (request->request) {
    case GET_STATUS:
        return reply_status(false);
    case GET_INTERFACE:
        return reply_byte(0);
    case SET_INTERFACE:
        return set_interface(request);
    default:
        return false;
    }
}

static bool of_endpoint(const tm_usb_request *request) {
    const uint32_t address = request->index;
    if (request->request == GET_STATUS && (address & ~(uint32_t)TM_USB_IN) == TM_USB_CONTROL) {
        return reply_status(false);
    }
    if (!is_endpoint(address)) {
        return false;
    }
    switch (request->request) {
    case GET_STATUS:
        return reply_status(tm_usbd_is_halted(address));
    case CLEAR_FEATURE:
    case SET_FEATURE:
        if (request->value != FEATURE_HALT) {
            return false;
        }
        tm_usbd_halt(address, request->request == SET_FEATURE);
        return done();
    default:
        return false;
    }
}

/* Data in the wrong direction, as to GET_STATUS, would be waited for in vain. */
static bool has_its_direction(const tm_usb_request *request) {
    const bool is_get = request->request == GET_STATUS || request->request == GET_DESCRIPTOR ||
                        request->request == GET_CONFIGURATION || request->request == GET_INTERFACE;
    return is_get == ((request->type & TM_USB_IN) != 0) && (is_get || request->length == 0);
}

static bool standard_request(const tm_usb_request *request) {
    if (!has_its_direction(request)) {
        return false;
    }
    switch (request->type & ~TM_USB_IN) {
    case TO_DEVICE:
        return of_device(request);
    case TO_INTERFACE:
        return of_interface(request);
    case TO_ENDPOINT:
        return of_endpoint(request);
    default:
        return false;
    }
}

static bool class_request(const tm_usb_request *request) {
    if (!is_interface(request) || !tm_usb_class_knows(request)) {
        return false;
    }
    if ((request->type & TM_USB_IN) != 0) {
        uint32_t bytes = 0;
        const uint8_t *const data = tm_usb_class_reply(&bytes);
        send_reply(data, bytes);
    } else if (request->length > 0) {
        waits_for_data = true;
        tm_usbd_allow_data();
    } else {
        tm_usbd_allow_status();
        tm_usb_class_do(request);
    }
    return true;
}

void tm_usb_setup(const tm_usb_request *request) {
    rest_bytes = 0;
    is_ended_by_empty = waits_for_data = false;
    asked_bytes = request->length;
    const bool is_class = (request->type & KIND_BITS) == KIND_CLASS;
    if (!(is_class ? class_request(request) : standard_request(request))) {
        tm_usbd_refuse();
    }
}

void tm_usb_reset(void) {
    configuration = 0;
    rest_bytes = 0;
    is_ended_by_empty = waits_for_data = false;
    tm_usb_forget();
    tm_usb_configured(false);
}

#endif

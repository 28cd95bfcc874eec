/* SPDX-License-Identifier: Apache-2.0
 *
 * What the device says it is: one serial port, by two interfaces that belong together. Sources:
 * USB 2.0 9.6; Interface Association Descriptors ECN; CDC 1.2, 5.2.3; PSTN 1.2, 5.3.
 *
 * Of board_config.h: TM_USB_VENDOR and TM_USB_PRODUCT, the ids; TM_USB_NAME, the board's title. */
#include "board_config.h"
#include "tm_cortex_m.h"
#include "tm_usb.h"
#include "tm_usbd_registers.h"

#if defined(TM_USB_VENDOR) && defined(TM_USB_PRODUCT) && defined(TM_USB_NAME)

#define DEVICE 1u
#define CONFIGURATION 2u
#define STRING 3u
#define INTERFACE 4u
#define ENDPOINT 5u
#define ASSOCIATION 11u
#define CLASS_INTERFACE 0x24u
#define TWO_BYTES(value) (uint8_t)((value) & 0xFFu), (uint8_t)((value) >> 8)
#define CLASS_COMMUNICATION 2u
#define SUBCLASS_ACM 2u
#define CLASS_DATA 10u
#define BULK 2u
#define INTERRUPT 3u
#define BUS_POWERED 0x80u
#define MILLIAMPERES 500u
#define LANGUAGE_ENGLISH 0x0409u
#define MAKER "tinyml"
#define MAKER_INDEX 1u
#define NAME_INDEX 2u
#define NUMBER_INDEX 3u
#define MOST_CHARS 62u
#define NUMBER_DIGITS 16u

static const uint8_t device[] = {
    18,
    DEVICE,
    TWO_BYTES(0x0200u), /* USB 2.0 */
    0xEF,
    2,
    1,                            /* interfaces are associated */
    (uint8_t)TM_USB_PACKET_BYTES, /* of endpoint 0 */
    TWO_BYTES(TM_USB_VENDOR),
    TWO_BYTES(TM_USB_PRODUCT),
    TWO_BYTES(0x0100u),
    MAKER_INDEX,
    NAME_INDEX,
    NUMBER_INDEX,
    1, /* configuration */
};

#define CONFIGURATION_BYTES 75u

static const uint8_t configuration[] = {
    9,
    CONFIGURATION,
    TWO_BYTES(CONFIGURATION_BYTES),
    2,
    1,
    0,
    BUS_POWERED,
    MILLIAMPERES / 2u,
    /* interfaces 0 and 1 are one function */
    8,
    ASSOCIATION,
    0,
    2,
    CLASS_COMMUNICATION,
    SUBCLASS_ACM,
    0,
    0,
    /* communication: which line state, and that there are no modem commands */
    9,
    INTERFACE,
    0,
    0,
    1,
    CLASS_COMMUNICATION,
    SUBCLASS_ACM,
    0,
    0,
    5,
    CLASS_INTERFACE,
    0,
    TWO_BYTES(0x0110u), /* header */
    5,
    CLASS_INTERFACE,
    1,
    0,
    1, /* call management: none, data on interface 1 */
    4,
    CLASS_INTERFACE,
    2,
    6, /* line coding, line state and break */
    5,
    CLASS_INTERFACE,
    6,
    0,
    1, /* union: 0 controls 1 */
    7,
    ENDPOINT,
    TM_USB_NOTES | TM_USB_IN,
    INTERRUPT,
    TWO_BYTES(8u),
    16,
    /* data */
    9,
    INTERFACE,
    1,
    0,
    2,
    CLASS_DATA,
    0,
    0,
    0,
    7,
    ENDPOINT,
    TM_USB_DATA,
    BULK,
    TWO_BYTES(TM_USB_PACKET_BYTES),
    0,
    7,
    ENDPOINT,
    TM_USB_DATA | TM_USB_IN,
    BULK,
    TWO_BYTES(TM_USB_PACKET_BYTES),
    0,
};

typedef char configuration_has_its_size[sizeof configuration == CONFIGURATION_BYTES ? 1 : -1];

static uint8_t string[2u + 2u * MOST_CHARS];

static void append(uint16_t character) {
    const uint32_t at = string[0];
    string[at] = (uint8_t)(character & 0xFFu);
    string[at + 1u] = (uint8_t)(character >> 8);
    string[0] = (uint8_t)(at + 2u);
}

static void append_text(const char *text) {
    for (uint32_t i = 0; text[i] != '\0' && i < MOST_CHARS; i++) {
        append((uint8_t)text[i]);
    }
}

/* As an Arduino sketch on the same board says it, so that the computer sees one board: 16 digits of
 * the 48 bits of its radio address (PS 4.4, FICR.DEVICEADDR). */
static void append_number(void) {
    for (uint32_t i = 0; i < NUMBER_DIGITS; i++) {
        const uint32_t bits = 60u - 4u * i;
        const uint32_t word =
            bits < 32u ? TM_REG(FICR_DEVICEADDR(0u)) : TM_REG(FICR_DEVICEADDR(1u)) & 0xFFFFu;
        append((uint8_t) "0123456789ABCDEF"[word >> (bits % 32u) & 15u]);
    }
}

static const uint8_t *string_of(uint32_t index, uint32_t *bytes) {
    string[0] = 2;
    string[1] = STRING;
    switch (index) {
    case 0:
        append(LANGUAGE_ENGLISH);
        break;
    case MAKER_INDEX:
        append_text(MAKER);
        break;
    case NAME_INDEX:
        append_text(TM_USB_NAME);
        break;
    case NUMBER_INDEX:
        append_number();
        break;
    default:
        return 0;
    }
    *bytes = string[0];
    return string;
}

const uint8_t *tm_usb_descriptor(uint32_t type, uint32_t index, uint32_t *bytes) {
    switch (type) {
    case DEVICE:
        *bytes = sizeof device;
        return index == 0 ? device : 0;
    case CONFIGURATION:
        *bytes = sizeof configuration;
        return index == 0 ? configuration : 0;
    case STRING:
        return string_of(index, bytes);
    default:
        return 0; /* at full speed alone there is no qualifier and no other speed */
    }
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The chip's USB plug as a second serial line, by the class CDC-ACM that every system has a driver
 * for. Of port.c's business is the first part only; the rest is what the files usb*.c are to each
 * other.
 *
 *   usb_line.c         tm_usb_read, tm_usb_write, tm_usb_flush
 *   usbd_power.c       cable, supply and crystal -> USBD on, pulled up
 *   usb_events.c       USBD's interrupt
 *   usb_control.c      requests of chapter 9 of the USB 2.0 specification, on endpoint 0
 *   usb_descriptors.c  what the device says it is
 *   usb_cdc.c          requests of CDC-ACM, the touch at 1200 baud, and the bytes both ways
 *   usbd.c             USBD's endpoints, its EasyDMA
 *
 * All of it runs in interrupts, none of which interrupts another. A host gives a request 50 ms to
 * 5 s (USB 2.0 9.2.6), an inference may take longer: polled between two of them, the device would
 * vanish now and then. Nothing here waits for the host, except tm_usb_write and tm_usb_flush. */
#ifndef TM_USB_H
#define TM_USB_H

#include <stdbool.h>
#include <stdint.h>

/* Takes USB from the bootloader. */
void tm_usbd_off(void);
/* From now on the device is there whenever a cable is. */
void tm_usbd_start(void);
/* The next byte from the host, or -1. */
int tm_usb_read(void);
/* Sends data to the host if a program there has the port open. Waits for a slow reader; after
 * half a second or so without any progress it drops data, and waits no more until there is some. */
void tm_usb_write(const char *data, uint32_t length);
void tm_usb_flush(void);
/* Does what the interrupt does, for a fault's handler, which no interrupt comes through. */
void tm_usb_handle(void);

#define TM_USB_PACKET_BYTES 64u
#define TM_USB_CONTROL 0u /* endpoint 0 */
#define TM_USB_DATA 1u    /* bulk, both ways */
#define TM_USB_NOTES 2u   /* interrupt, to the host; nothing is ever said there */
#define TM_USB_IN 0x80u   /* of an endpoint's address, and of a request's type: to the host */

/* Buffers of EasyDMA: in RAM, aligned (PS 6.35.9). */
#define TM_USB_BUFFER __attribute__((section(".tm_dma"), aligned(4)))

typedef struct {
    uint8_t type, request;
    uint16_t value, index, length;
} tm_usb_request;

/* usbd.c, what others ask for. Of endpoint 0: what comes after the request's SETUP. */
void tm_usbd_allow_status(void);
void tm_usbd_allow_data(void);
void tm_usbd_refuse(void);
/* A packet of 0 to 64 bytes, in a TM_USB_BUFFER, for the host to fetch. */
void tm_usbd_send(uint32_t endpoint, const uint8_t *packet, uint32_t bytes);
/* Moves the packet that came to a TM_USB_BUFFER and returns its size; USBD takes the next one. */
uint32_t tm_usbd_receive(uint32_t endpoint, uint8_t *packet);
/* All but endpoint 0: on, no longer halted, and next comes DATA0 both ways; or off. */
void tm_usbd_open_endpoints(bool are_open);
/* The endpoint of an address takes its first packet. */
void tm_usbd_accept(uint32_t endpoint);
void tm_usbd_halt(uint32_t address, bool is_halted);
bool tm_usbd_is_halted(uint32_t address);
/* Has the interrupt come. */
void tm_usbd_call(void);
/* Its events are interrupts. */
void tm_usbd_listen(void);

/* usb_control.c, what happens on endpoint 0. */
void tm_usb_setup(const tm_usb_request *request);
void tm_usb_reset(void); /* or the cable was pulled */
void tm_usb_data_stage_done(void);

/* usb_descriptors.c: the descriptor of a type and index, 0 if there is none. */
const uint8_t *tm_usb_descriptor(uint32_t type, uint32_t index, uint32_t *bytes);

/* usb_cdc.c. Whether it knows a request; what it answers to one that asks for data; the data of one
 * that brings some, and whether they are right; what one does that has no data. */
bool tm_usb_class_knows(const tm_usb_request *request);
const uint8_t *tm_usb_class_reply(uint32_t *bytes);
bool tm_usb_class_data(const uint8_t *data, uint32_t bytes);
void tm_usb_class_do(const tm_usb_request *request);
/* All is as when it was plugged in; the device was given a configuration, or that was taken. */
void tm_usb_forget(void);
void tm_usb_configured(bool is_configured);
void tm_usb_suspended(bool is_suspended);
/* Data went either way, by bits of EPDATASTATUS. */
void tm_usb_data_went(uint32_t status);
/* Moves what can be moved now. */
void tm_usb_move(void);
/* The same, for the main loop. A byte from the host, or -1. */
int tm_usb_take(void);
/* Whether there is one. */
bool tm_usb_has_byte(void);
/* A program has the port open, or at least talks to us. */
bool tm_usb_is_open(void);
bool tm_usb_has_room(void);
/* Needs room. */
void tm_usb_put(uint8_t byte);
bool tm_usb_has_sent_all(void);
bool tm_usb_is_worth_a_wait(void);
void tm_usb_is_not_read(void);

#endif

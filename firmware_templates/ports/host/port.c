/* SPDX-License-Identifier: Apache-2.0
 *
 * This computer: the serial line is standard input and output, and the program ends with its
 * input. Sources: POSIX.1-2008 poll, read, write, clock_gettime. */
#define _POSIX_C_SOURCE 200809L
#include "tm_port.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Nanoseconds stand for cycles. */
uint32_t tm_port_clock_hz = 1000000000u;

void tm_port_init(void) {}

/* Waits up to a millisecond, so that an idle program does not keep a core busy. */
int tm_port_read(void) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&input, 1, 1) <= 0) {
        return -1;
    }
    unsigned char byte;
    const ssize_t got = read(STDIN_FILENO, &byte, 1);
    if (got == 1) {
        return byte;
    }
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return -1;
    }
    exit(got == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* A reader that has gone away ends the program. */
void tm_port_write(const char *data, uint32_t length) {
    while (length > 0) {
        const ssize_t sent = write(STDOUT_FILENO, data, length);
        if (sent < 0 && errno != EINTR) {
            exit(EXIT_FAILURE);
        }
        if (sent > 0) {
            data += sent;
            length -= (uint32_t)sent;
        }
    }
}

/* What the system hands over is whole. */
tm_losses tm_port_losses(void) {
    const tm_losses none = {0};
    return none;
}

void tm_port_flush(void) {}

uint32_t tm_port_cycles(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
}

void tm_port_led(uint8_t brightness) { (void)brightness; }
void tm_port_led_step(void) {}
uint32_t tm_port_stack_used(void) { return 0; }
uint32_t tm_port_stack_size(void) { return 0; }

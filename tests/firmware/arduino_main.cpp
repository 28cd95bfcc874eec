/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs what has setup() and loop() on this computer, for good: Serial takes at most 16 bytes at
 * once, as a core's buffer may, and the LED is not shown. */
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "Arduino.h"

#define MOST_AT_ONCE 16

StandinSerial Serial;

static int pinned = -1;

int StandinSerial::available() {
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    return poll(&input, 1, 1) > 0;
}

int StandinSerial::read() {
    unsigned char byte;
    if (::read(STDIN_FILENO, &byte, 1) != 1) {
        exit(EXIT_SUCCESS);
    }
    return byte;
}

size_t StandinSerial::write(const uint8_t *data, size_t length) {
    const ssize_t sent = ::write(STDOUT_FILENO, data, length < MOST_AT_ONCE ? length : MOST_AT_ONCE);
    if (sent < 0) {
        exit(EXIT_FAILURE);
    }
    return static_cast<size_t>(sent);
}

unsigned long micros() {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<unsigned long>(now.tv_sec) * 1000000ul + static_cast<unsigned long>(now.tv_nsec) / 1000ul;
}

void pinMode(int pin, int) { pinned = pin; }

void digitalWrite(int pin, int) {
    if (pin != pinned) {
        exit(EXIT_FAILURE);
    }
}

int main() {
    setup();
    for (;;) {
        loop();
    }
}

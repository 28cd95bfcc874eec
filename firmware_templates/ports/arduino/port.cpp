/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_port.h on a vendor's Arduino core: Serial, micros() and the built-in LED. Not yet tried on
 * hardware. Source: Arduino's language reference (docs.arduino.cc/language-reference), Serial,
 * micros(), digitalWrite().
 *
 * The core starts clocks and peripherals before setup(), and has its own main(); ours is called
 * TM_MAIN here, and never comes back from loop(). */
#include <Arduino.h>

#include "board_config.h"
#include "tm_port.h"

extern "C" int TM_MAIN(void);

#ifndef TM_LED_ACTIVE_LOW
#define TM_LED_ACTIVE_LOW 0
#endif
#define HALF_BRIGHT 128

uint32_t tm_port_clock_hz = TM_CLOCK_HZ;

void setup() {}

void loop() { (void)TM_MAIN(); }

void tm_port_init(void) {
    Serial.begin(TM_SERIAL_BAUD);
#ifdef LED_BUILTIN
    pinMode(LED_BUILTIN, OUTPUT);
#endif
}

int tm_port_read(void) { return Serial.available() > 0 ? Serial.read() : -1; }

/* The core does not tell. */
tm_losses tm_port_losses(void) { return tm_losses{}; }

/* A line of USB that nobody has open takes nothing: what is said then is dropped. */
void tm_port_write(const char *data, uint32_t length) {
    const uint8_t *next = reinterpret_cast<const uint8_t *>(data);
    while (length > 0) {
        const size_t sent = Serial.write(next, length);
        if (sent == 0 && !Serial) {
            return;
        }
        next += sent;
        length -= static_cast<uint32_t>(sent);
    }
}

void tm_port_flush(void) { Serial.flush(); }

/* Whole microseconds, as cycles of the board's clock: micros() goes round at 2^32, and so does this. */
uint32_t tm_port_cycles(void) { return static_cast<uint32_t>(micros()) * (TM_CLOCK_HZ / 1000000u); }

void tm_port_led(uint8_t brightness) {
#ifdef LED_BUILTIN
    const bool is_high = (brightness >= HALF_BRIGHT) != (TM_LED_ACTIVE_LOW != 0);
    digitalWrite(LED_BUILTIN, is_high ? HIGH : LOW);
#else
    (void)brightness;
#endif
}

void tm_port_led_step(void) {}

/* The core's own linker script places the stack. */
uint32_t tm_port_stack_used(void) { return 0; }
uint32_t tm_port_stack_size(void) { return 0; }

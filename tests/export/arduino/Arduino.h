/* SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for what sketches and our port use of Arduino's API, on this computer: Serial is the
 * program's own input and output. */
#ifndef STANDIN_ARDUINO_H
#define STANDIN_ARDUINO_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LED_BUILTIN 13
#define OUTPUT 1
#define HIGH 1
#define LOW 0

class StandinSerial {
  public:
    void begin(unsigned long) {}
    explicit operator bool() const { return true; }
    int available();
    int read();
    size_t write(const uint8_t *data, size_t length);
    void flush() { fflush(stdout); }
    void print(const char *text) { fputs(text, stdout); }
    void print(unsigned number) { printf("%u", number); }
    void print(double number) { printf("%.2f", number); }
    template <typename T> void println(T value) {
        print(value);
        print("\n");
    }
};
extern StandinSerial Serial;
void delay(unsigned long ms);
unsigned long micros();
void pinMode(int pin, int mode);
void digitalWrite(int pin, int value);
void setup();
void loop();

#endif

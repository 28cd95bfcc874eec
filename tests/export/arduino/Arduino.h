/* SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for what sketches use of Arduino's API, on this computer. */
#ifndef STANDIN_ARDUINO_H
#define STANDIN_ARDUINO_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

class StandinSerial {
  public:
    void begin(unsigned long) {}
    explicit operator bool() const { return true; }
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
void setup();
void loop();

#endif

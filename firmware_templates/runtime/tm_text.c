/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_text.h"

tm_text tm_text_over(char *data, uint32_t capacity) {
    const tm_text text = {.data = data, .capacity = capacity, .length = 0};
    return text;
}

void tm_text_char(tm_text *text, char c) {
    if (text->length < text->capacity) {
        text->data[text->length++] = c;
    }
}

void tm_text_string(tm_text *text, const char *string) {
    while (*string != '\0') {
        tm_text_char(text, *string++);
    }
}

void tm_text_unsigned(tm_text *text, uint64_t value) {
    char digits[20];
    uint32_t count = 0;
    do {
        digits[count++] = (char)('0' + (int)(value % 10u));
        value /= 10u;
    } while (value > 0);
    while (count > 0) {
        tm_text_char(text, digits[--count]);
    }
}

void tm_text_signed(tm_text *text, int64_t value) {
    if (value < 0) {
        tm_text_char(text, '-');
        tm_text_unsigned(text, 0u - (uint64_t)value);
    } else {
        tm_text_unsigned(text, (uint64_t)value);
    }
}

void tm_text_hex(tm_text *text, uint32_t value, uint32_t digits) {
    while (digits > 0) {
        digits--;
        tm_text_char(text, "0123456789ABCDEF"[(value >> (4u * digits)) & 0xFu]);
    }
}

/* value is positive and below 4e9; with decimals it is rounded as a whole, carries included. */
static void append_fixed(tm_text *text, float value, uint32_t decimals) {
    uint32_t whole = (uint32_t)value;
    uint32_t unit = 1;
    for (uint32_t i = 0; i < decimals; i++) {
        unit *= 10u;
    }
    uint32_t fraction = (uint32_t)((value - (float)whole) * (float)unit + 0.5f);
    if (fraction >= unit) {
        fraction -= unit;
        whole++;
    }
    tm_text_unsigned(text, whole);
    if (decimals > 0) {
        tm_text_char(text, '.');
        for (unit /= 10u; unit > 0; unit /= 10u) {
            tm_text_char(text, (char)('0' + (int)(fraction / unit % 10u)));
        }
    }
}

void tm_text_float(tm_text *text, float value, uint32_t decimals) {
    if (value != value) {
        tm_text_string(text, "nan");
        return;
    }
    if (value < 0.0f) {
        tm_text_char(text, '-');
        value = -value;
    }
    if (value > 3.4028235e38f) {
        tm_text_string(text, "inf");
        return;
    }
    uint32_t exponent = 0;
    if (value >= 1e9f) {
        for (; value >= 10.0f; exponent++) {
            value /= 10.0f;
        }
    }
    append_fixed(text, value, decimals < 6u ? decimals : 6u);
    if (exponent > 0) {
        tm_text_char(text, 'e');
        tm_text_unsigned(text, exponent);
    }
}

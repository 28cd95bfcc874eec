/* SPDX-License-Identifier: Apache-2.0
 *
 * Text into a buffer of fixed size, without printf. What does not fit is left out. */
#ifndef TM_TEXT_H
#define TM_TEXT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    char *data;
    uint32_t capacity;
    uint32_t length;
} tm_text;

tm_text tm_text_over(char *data, uint32_t capacity);
void tm_text_char(tm_text *text, char c);
void tm_text_string(tm_text *text, const char *string);
void tm_text_unsigned(tm_text *text, uint64_t value);
void tm_text_signed(tm_text *text, int64_t value);
/* The lowest digits of value, upper case. */
void tm_text_hex(tm_text *text, uint32_t value, uint32_t digits);
/* 0 to 6 decimals, rounded half away from zero; from 1e9 on as 1.234e12; nan, inf, -inf. */
void tm_text_float(tm_text *text, float value, uint32_t decimals);

#ifdef __cplusplus
}
#endif

#endif

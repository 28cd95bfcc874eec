/* SPDX-License-Identifier: Apache-2.0
 *
 * What the protocol works on: the device that it speaks for, the input buffer, the command that
 * comes in and the reply that goes out. */
#ifndef TM_PROTOCOL_STATE_H
#define TM_PROTOCOL_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_text.h"

/* The longest command without its '%'; a longer one is answered with an error. */
#define TM_COMMAND_BYTES 256u
/* The most inferences, and the most for warming up, that one command asks for. */
#define TM_INFERENCES_MAX 100000u

typedef struct {
    const char *board;
    const char *version; /* of the firmware */
    const char *made_by; /* what the model is from, ",key=value,..", or "" */
    uint32_t clock_hz;
    void (*write)(const char *data, uint32_t length);
    uint32_t (*cycles)(void);
    uint64_t (*microseconds)(void);
    uint32_t (*stack_used)(void);
    uint32_t (*stack_size)(void);
} tm_device;

typedef struct {
    const tm_device *device;
    bool application_wanted; /* set by "tm app%"; the caller clears it */

    /* The input buffer of the db commands, for all inputs one after the other. */
    uint8_t *input;
    uint32_t input_bytes;
    uint32_t load_bytes; /* what "db load" announced */
    uint32_t loaded;     /* what has come of it */

    bool has_run; /* outputs belong to what is in the input buffer */
    uint32_t cycles;

    char command[TM_COMMAND_BYTES + 1];
    uint32_t length;
    bool too_long;
    bool not_text;
    char *rest; /* of the command, behind the words already taken */

    char reply[96];
    tm_text out;
} tm_protocol;

#endif

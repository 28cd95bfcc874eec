/* SPDX-License-Identifier: Apache-2.0
 *
 * What the protocol works on: the device that it speaks for, the input, the command that
 * comes in and the reply that goes out. */
#ifndef TM_PROTOCOL_STATE_H
#define TM_PROTOCOL_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_coding.h"
#include "tm_feed.h"
#include "tm_losses.h"
#include "tm_text.h"

/* The longest command without its '%'; a longer one is answered with an error. */
#define TM_COMMAND_BYTES 256u
/* The longest tag of "tm exact". */
#define TM_TAG_CHARS 8u
/* The most inferences, and the most for warming up, that one command asks for. */
#define TM_INFERENCES_MAX 100000u

/* The model is in the state that "tm feed" left, and the stream is where it left it. */
#define TM_FEED_RUN UINT32_MAX

typedef struct tm_protocol tm_protocol;

typedef struct {
    const char *board;
    const char *version;      /* of the firmware */
    const char *made_by;      /* what the model is from, ",key=value,..", or "" */
    const uint32_t *clock_hz; /* which the port may find slower than the board has it */
    void (*write)(const char *data, uint32_t length);
    uint32_t (*cycles)(void);
    uint64_t (*microseconds)(void);
    uint32_t (*stack_used)(void);
    uint32_t (*stack_size)(void);
    tm_losses (*losses)(void);     /* what the line lost since the last call */
    const tm_feed_functions *feed; /* NULL where the model's data are no stream */
    const tm_coding *coding;       /* of a benchmark's runner, or NULL */
    /* Answers what else follows "tm"; returns whether the word is its own. NULL if there is none.
     */
    bool (*more)(tm_protocol *protocol, const char *word);
} tm_device;

/* What "tm exact" puts around each line of an answer. */
typedef struct {
    bool is_on;
    bool line_is_open;
    char tag[TM_TAG_CHARS + 1];
    uint32_t lines; /* so far, in this answer */
    uint32_t crc;   /* of what was sent of the line */
    uint32_t from;  /* where in the reply buffer that begins which the CRC does not have yet */
} tm_exact_lines;

struct tm_protocol {
    const tm_device *device;
    bool application_wanted; /* set by "tm app%"; the caller clears it */

    /* The copy of all inputs, one after the other, from which each inference gets them; NULL where
     * RAM has no room for it: then they are written into the model's inputs, for one inference. */
    uint8_t *input;
    uint32_t input_bytes;
    bool input_is_used;  /* no copy, and the model's inputs are no longer what "db load" brought */
    uint32_t load_bytes; /* what "db load" announced */
    uint32_t loaded;     /* what has come of it */
    bool needs_load;     /* what stands there is no input: the last "db load" was refused */

    bool has_run; /* outputs belong to the input */
    uint32_t cycles;
    uint32_t
        run; /* the number of "tm run" whose state the model is in, or TM_FEED_RUN; 0 for none */

    tm_exact_lines exact;

    char command[TM_COMMAND_BYTES + 1];
    uint32_t length;
    bool too_long;
    bool not_text;
    char *rest; /* of the command, behind the words already taken */

    char reply[96];
    tm_text out;
};

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * tm feed: raw samples of sound, or raw rows of a sensor, go through features, model and decision
 * as they do in an application. */
#include <stddef.h>

#include "tm_commands.h"
#include "tm_crc32.h"
#include "tm_feed.h"
#include "tm_input.h"
#include "tm_model.h"
#include "tm_reply.h"
#include "tm_tensor.h"

/* How far the stream is, of all that came since "tm feed start", and what the last piece of it
 * brought: an answer that is lost is asked for again. */
static struct {
    uint32_t bytes, cycles; /* cycles: of features, since the last window */
    uint32_t piece;         /* where the last piece began */
    uint32_t windows;       /* that were due in it; of the last one: */
    uint32_t window_bytes, window_cycles, crc, run_cycles;
    int32_t found;
    int code;
} fed;
static tm_feed_items items;

static void say_number(tm_protocol *protocol, const char *before, uint32_t value) {
    tm_say(protocol, before);
    tm_say_unsigned(protocol, value);
}

static void start(tm_protocol *protocol, const tm_feed_functions *feed) {
    feed->start();
    tm_model_reset();
    protocol->run = TM_FEED_RUN;
    fed.bytes = 0;
    fed.cycles = 0;
    fed.windows = 0;
    say_number(protocol, "m-tm-feed-[item=", feed->item_bytes);
    say_number(protocol, ",rows=", feed->rows);
    say_number(protocol, ",hop=", feed->hop);
    say_number(protocol, ",ram=", feed->ram_bytes);
    tm_say_line(protocol, "]");
}

/* A model that takes a window hop by hop gives nothing to say before the window is full.
 * "m-tm-window-[BYTES,CRC,FOUND,FEATURES,RUN,OUTPUT]": the bytes of the stream so far, the CRC-32
 * of the window as the model gets it, the class that is detected plus 1 or 0, what the features
 * since the last window and the inference took, the output's bytes. */
static void say_window(tm_protocol *protocol) {
    const tm_tensor *const output = tm_model_output(0);
    say_number(protocol, "m-tm-window-[", fed.window_bytes);
    tm_say(protocol, ",");
    tm_say_hex(protocol, fed.crc, 8);
    say_number(protocol, ",", (uint32_t)(fed.found + 1));
    say_number(protocol, ",", fed.window_cycles);
    say_number(protocol, ",", fed.run_cycles);
    tm_say(protocol, ",");
    for (uint32_t i = 0; fed.code == 0 && i < output->bytes; i++) {
        tm_say_hex(protocol, ((const uint8_t *)output->data)[i], 2);
    }
    tm_say_line(protocol, "]");
}

static void run(tm_protocol *protocol, const tm_feed_functions *feed) {
    const tm_tensor *const input = tm_model_input(0);
    const uint32_t crc = tm_crc32(0, input->data, input->bytes);
    const uint32_t before = protocol->device->cycles();
    fed.code = tm_model_invoke(NULL, NULL);
    fed.run_cycles = protocol->device->cycles() - before;
    if (fed.code == 0 && !tm_model_is_due()) {
        return;
    }
    fed.windows++;
    fed.window_bytes = fed.bytes;
    fed.window_cycles = fed.cycles;
    fed.cycles = 0;
    fed.crc = crc;
    const bool decides = fed.code == 0 && feed->decide != NULL;
    fed.found = decides ? feed->decide(tm_model_output(0)->data) : -1;
    say_window(protocol);
}

/* Items that are left after a window go to the front, where items are aligned. */
static void take_all(tm_protocol *protocol, const tm_feed_functions *feed, uint32_t count) {
    while (count > 0) {
        const uint32_t before = protocol->device->cycles();
        const uint32_t taken = feed->take(&items, count);
        fed.cycles += protocol->device->cycles() - before;
        const uint32_t bytes = taken * feed->item_bytes;
        count -= taken;
        fed.bytes += bytes;
        if (feed->window(tm_model_input(0)->data)) {
            run(protocol, feed);
        }
        for (uint32_t i = 0; i < count * feed->item_bytes; i++) {
            items.bytes[i] = items.bytes[bytes + i];
        }
    }
}

static void say_fed(tm_protocol *protocol) {
    say_number(protocol, "m-tm-fed-[", fed.bytes);
    tm_say_line(protocol, "]");
}

/* Bytes of the stream that the firmware still knows of: none once the application or another
 * command has used the model, and with it perhaps the stream. */
static uint32_t so_far(const tm_protocol *protocol) {
    return protocol->run == TM_FEED_RUN ? fed.bytes : 0;
}

/* Whether this is the last piece once more, whose answer can be said again. */
static bool is_again(uint32_t offset, uint32_t bytes) {
    return fed.bytes > 0 && offset == fed.piece && offset + bytes == fed.bytes && fed.windows < 2u;
}

static void feed_items(tm_protocol *protocol, const tm_feed_functions *feed, const char *from,
                       const char *digits) {
    const uint32_t bytes = tm_check_hex(protocol, digits) / 2u;
    uint32_t offset = 0;
    if (bytes == 0) {
        return;
    }
    if (bytes > TM_FEED_BYTES || bytes % feed->item_bytes != 0) {
        say_number(protocol, "e-[Command 'tm feed' takes whole items of bytes: ", feed->item_bytes);
        tm_say_line(protocol, "]");
    } else if (protocol->run != TM_FEED_RUN || !tm_parse_unsigned(from, UINT32_MAX, &offset) ||
               (offset != fed.bytes && !is_again(offset, bytes))) {
        say_number(protocol, "e-[Fed so far: ", so_far(protocol));
        tm_say_line(protocol, "]");
    } else if (offset != fed.bytes) {
        if (fed.windows > 0) {
            say_window(protocol);
        }
        say_fed(protocol);
    } else {
        for (uint32_t i = 0; i < bytes; i++) {
            const int byte = 16 * tm_hex_digit(digits[2u * i]) + tm_hex_digit(digits[2u * i + 1u]);
            items.bytes[i] = (uint8_t)byte;
        }
        fed.piece = offset;
        fed.windows = 0;
        take_all(protocol, feed, bytes / feed->item_bytes);
        say_fed(protocol);
    }
}

void tm_command_feed(tm_protocol *protocol) {
    const tm_feed_functions *const feed = protocol->device->feed;
    const char *const word = tm_next_word(protocol);
    const char *const digits = word == NULL ? NULL : tm_next_word(protocol);
    if (feed == NULL) {
        tm_say_line(protocol, "e-[This model takes no stream]");
        return;
    }
    protocol->has_run = false;
    protocol->input_is_used = !tm_input_is_kept(protocol);
    if (word != NULL && tm_words_equal(word, "start")) {
        start(protocol, feed);
    } else if (digits != NULL) {
        feed_items(protocol, feed, word, digits);
    } else {
        tm_say_line(protocol, "e-[Command 'tm feed' requires start, or an offset and bytes]");
    }
}

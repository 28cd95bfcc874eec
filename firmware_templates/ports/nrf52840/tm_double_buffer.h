/* SPDX-License-Identifier: Apache-2.0
 *
 * A peripheral that fills two buffers by EasyDMA, one after the other: SAADC and PDM.
 *
 * STARTED says that the address of a buffer was taken: then the next one's is written, and the
 * buffer that it had before is whole as soon as END is there too, in whatever order the two are
 * seen. A timer counts the ends: where the interrupt overslept one, the next buffer was filled
 * again, the samples of one are lost, and known to be. */
#ifndef TM_DOUBLE_BUFFER_H
#define TM_DOUBLE_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_cortex_m.h"
#include "tm_ppi.h"

typedef struct {
    const uint32_t started, end; /* the addresses of the two events */
    const uint32_t pointer;      /* and of the register that takes a buffer's address */
    const uint32_t counter;      /* the timer that counts the ends */
    int16_t *const blocks[2];
    uint32_t samples; /* of each */
    void (*take)(const int16_t *samples, uint32_t count);
    uint32_t next;          /* which one the peripheral gets; it has the other one */
    bool is_whole;          /* the one before that is, once END is there */
    bool is_first;          /* it has none yet */
    uint32_t ended;         /* how many were full so far */
    volatile uint32_t lost; /* samples */
} tm_double_buffer;

static inline void tm_double_buffer_give(const tm_double_buffer *of) {
    TM_REG(of->pointer) = (uint32_t)(uintptr_t)of->blocks[of->next];
}

/* Before the peripheral starts. */
static inline void tm_double_buffer_begin(tm_double_buffer *of, uint32_t samples,
                                          void (*take)(const int16_t *samples, uint32_t count)) {
    of->samples = samples;
    of->take = take;
    of->next = of->ended = of->lost = 0;
    of->is_whole = false;
    of->is_first = true;
    tm_double_buffer_give(of);
    TM_REG(of->started) = 0;
    TM_REG(of->end) = 0;
}

/* For the peripheral's interrupt, which STARTED and END raise. */
static inline void tm_double_buffer_interrupt(tm_double_buffer *of) {
    if (TM_REG(of->started) != 0) {
        TM_REG(of->started) = 0;
        of->is_whole = !of->is_first;
        of->is_first = false;
        of->next ^= 1u;
        tm_double_buffer_give(of);
    }
    if (of->is_whole && TM_REG(of->end) != 0) {
        const uint32_t now = tm_ppi_counted(of->counter);
        TM_REG(of->end) = 0;
        of->is_whole = false;
        of->take(of->blocks[of->next], of->samples);
        of->lost = of->lost + (now - of->ended - 1u) * of->samples;
        of->ended = now;
    }
}

#endif

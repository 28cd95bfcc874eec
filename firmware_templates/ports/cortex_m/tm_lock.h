/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps interrupts away from a few lines: ARM DDI 0403E B1.4.3, PRIMASK. */
#ifndef TM_LOCK_H
#define TM_LOCK_H

#include <stdint.h>

static inline uint32_t tm_lock(void) {
    uint32_t before;
    __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(before)::"memory");
    return before;
}

static inline void tm_unlock(uint32_t before) {
    __asm volatile("msr primask, %0" ::"r"(before) : "memory");
}

#endif

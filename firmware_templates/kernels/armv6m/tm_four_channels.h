/* SPDX-License-Identifier: Apache-2.0
 *
 * Four channels at a time: how their sums start and what becomes of them, in assembly and in C.
 *
 * A table has for each four channels: their words with start and shift as tm_scaled_s8.h has them,
 * for each input a word with a weight of each, and their multipliers, or one for all. */
#ifndef TM_FOUR_CHANNELS_H
#define TM_FOUR_CHANNELS_H

#include "tm_scaled_s8.h"

#ifdef __ASSEMBLER__
/* clang-format off */

/* On the stack: the sums, and the channels' words. */
#define SUMS 0
#define WORDS 16
#define FOURS_FRAME 32

    .macro save_registers
    push {r4-r7, lr}
    mov r4, r8
    mov r5, r9
    mov r6, r10
    mov r7, r11
    push {r4-r7}
    .endm

    .macro restore_registers_and_return
    pop {r4-r7}
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
    pop {r4-r7, pc}
    .endm

/* Sums in r8 to r11 start as the table at r1 says. r0 and r4 to r7 change. */
    .macro start_four
    ldmia r1!, {r4-r7}
    add r0, sp, #WORDS
    stmia r0!, {r4-r7}
    asrs r4, r4, #6
    asrs r5, r5, #6
    asrs r6, r6, #6
    asrs r7, r7, #6
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
    .endm

/* Adds a product to a sum: in r2 an input, in weight one that it is multiplied with. */
    .macro product sum, weight
    muls \weight, r2, \weight
    add \sum, \weight
    .endm

/* Weights of r3, of the second to the last channel; for the first there is SXTB. */
    .macro weight_of_second to
    lsls \to, r3, #16
    asrs \to, \to, #24
    .endm

    .macro weight_of_third to
    lsls \to, r3, #8
    asrs \to, \to, #24
    .endm

/* The sums in r8 to r11 to outputs from r5 to r3, with the multipliers at r1, r6 bytes apart, and the
 * rounding in r4. */
    .macro four_outputs
    mov r0, r8
    str r0, [sp, #SUMS]
    mov r0, r9
    str r0, [sp, #(SUMS + 4)]
    mov r0, r10
    str r0, [sp, #(SUMS + 8)]
    mov r0, r11
    str r0, [sp, #(SUMS + 12)]
    mov r8, sp
    mov r9, r4
    mov r10, r3
    mov r11, r6
2:
    mov r2, r8
    ldr r0, [r2, #SUMS]
    ldr r4, [r2, #WORDS]
    adds r2, r2, #4
    mov r8, r2
    lsls r4, r4, #26
    lsrs r4, r4, #27
    ldr r6, [r1]
    add r1, r11
    uxth r7, r6
    lsrs r6, r6, #16
    scaled r0, r7, r6, r4, r9, r2, r3
    strb r0, [r5]
    adds r5, r5, #1
    cmp r5, r10
    bne 2b
    adds r1, r1, #4
    mov r6, r11
    subs r1, r1, r6
    .endm

/* clang-format on */
#else

/* The output of a channel of four, whose words are at table, the multipliers behind count words of
 * weights and step bytes apart. */
static inline int8_t tm_one_of_four(const int32_t *table, int32_t channel, int32_t sum,
                                    int32_t count, int32_t step, int32_t rounding) {
    return tm_scaled_s8(sum, table[4 + count + channel * step / 4],
                        table[channel] >> TM_LESS_AT & TM_LESS, rounding);
}

/* The words of a table for four channels. */
static inline int32_t tm_words_of_four(int32_t count, int32_t step) {
    return 4 + count + (step == 0 ? 1 : 4);
}

/* The weight of a channel of four for an input. */
static inline int32_t tm_weight_of(const int32_t *table, int32_t input, int32_t channel) {
    return (int8_t)((uint32_t)table[4 + input] >> 8 * channel);
}

#endif
#endif

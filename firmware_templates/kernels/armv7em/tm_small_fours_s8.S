/* SPDX-License-Identifier: Apache-2.0
 *
 * Four channels of a pixel at a time. tm_small_fours_s8.c is the same in C. */
    .syntax unified
    .thumb

/* On the stack: the sums, where the places of the taps start and end, ... */
#define AT 16
#define AT_END 20
#define COUNT 24
#define ROUNDING 28
#define OUT 32
#define FRAME 36
#define SAVED 36
#define CHANNEL_BYTES 12

#define ADDED 16 /* in tm_small_loop */

    .section .text.tm_small_fours_s8, "ax", %progbits
    .balign 4
    .global tm_small_fours_s8
    .type tm_small_fours_s8, %function
    .thumb_func
tm_small_fours_s8:
    push {r4-r11, lr}
    sub sp, sp, #FRAME
    ldm r0, {r4-r6}
    ldr lr, [r0, #ADDED]
    add r4, r1, r4, lsl #2
    ldr r7, [sp, #(FRAME + SAVED)]
    add r12, sp, #AT
    stm r12, {r1, r4, r5, r6, r7}
    movs r1, #0
.Lchannels:
    ldr r4, [r3]
    ldr r5, [r3, #CHANNEL_BYTES]
    ldr r6, [r3, #(2 * CHANNEL_BYTES)]
    ldr r7, [r3, #(3 * CHANNEL_BYTES)]
    ldr r0, [sp, #AT]
    ldr r12, [sp, #AT_END]
.Ltaps:
    ldr r8, [r0], #4
    ldr r10, [r2], #4
    ldr r8, [r8, r1]
    sxtab16 r9, lr, r8, ror #8
    sxtab16 r8, lr, r8
    sxtb16 r11, r10, ror #8
    sxtb16 r10, r10
    smlabb r4, r8, r10, r4
    smlabb r5, r9, r11, r5
    smlatt r6, r8, r10, r6
    smlatt r7, r9, r11, r7
    cmp r0, r12
    bne .Ltaps
    stm sp, {r4-r7}
    mov r4, sp
    add r5, sp, #AT
    ldrd r12, r11, [sp, #ROUNDING]
    add r11, r11, r1
/* A sum to an output: rounds twice, ties away from zero the second time. */
.Loutputs:
    ldrd r0, r7, [r3, #4]
    ldr r6, [r4], #4
    adds r3, r3, #CHANNEL_BYTES
    lsls r6, r6, #1
    lsl r8, r12, r7
    add r8, r8, r6, asr #31
    smmlar r6, r6, r0, r8
    asrs r6, r6, r7
    ssat r6, #8, r6, asr #1
    strb r6, [r11], #1
    cmp r4, r5
    bne .Loutputs
    ldr r0, [sp, #COUNT]
    adds r1, r1, #4
    cmp r1, r0
    beq .Lend
    subs r0, r0, #4
    cmp r1, r0
    it gt
    movgt r1, r0
    b .Lchannels
.Lend:
    add sp, sp, #FRAME
    pop {r4-r11, pc}
    .size tm_small_fours_s8, . - tm_small_fours_s8

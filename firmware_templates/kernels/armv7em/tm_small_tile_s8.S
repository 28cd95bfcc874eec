/* SPDX-License-Identifier: Apache-2.0
 *
 * Two pixels times four output channels at a time, and two that are left over. tm_small_tile_s8.c is the same in C. */
    .syntax unified
    .thumb

/* On the stack: the sums of the first pixel, then of the other, where the inputs start and end ... */
#define OTHER 16
#define X 32
#define COUNT 40
#define CHANNELS 44
#define ROUNDING 48
#define OUT 52
#define FRAME 64
#define SAVED 36
#define CHANNEL_BYTES 12

/* r0 inputs, r2 weights, r1 and r3 two inputs of each pixel. Of each two channels a and b the sum of
 * a and that of 256 * b + a are in r4 to r7 for the first pixel, in r8 to r11 for the other. */
    .macro two a, mixed, other_a, other_mixed
    ldr r12, [r2], #4
    sxtb16 lr, r12
    smlad \mixed, r12, r1, \mixed
    smlad \a, lr, r1, \a
    smlad \other_mixed, r12, r3, \other_mixed
    smlad \other_a, lr, r3, \other_a
    .endm

    .macro four
    ldrd r1, r3, [r0], #8
    two r4, r5, r8, r9
    two r6, r7, r10, r11
    .endm

/* Sums, times 2, of a and b. */
    .macro part a, mixed
    sub \mixed, \mixed, \a
    asr \mixed, \mixed, #7
    lsl \a, \a, #1
    .endm

/* A sum, times 2, to an output: rounds twice, ties away from zero the second time. */
    .macro scale sum
    add lr, r12, \sum, asr #31
    smmlar \sum, \sum, r0, lr
    asrs \sum, \sum, r7
    ssat \sum, #8, \sum, asr #1
    .endm

    .section .text.tm_small_tile_s8, "ax", %progbits
    .balign 4
    .global tm_small_tile_s8
    .type tm_small_tile_s8, %function
    .thumb_func
tm_small_tile_s8:
    push {r4-r11, lr}
    sub sp, sp, #FRAME
    ldm r0, {r5-r8}
    add r5, r1, r5, lsl #3
    strd r1, r5, [sp, #X]
    strd r6, r3, [sp, #COUNT]
    str r7, [sp, #ROUNDING]
    ldr r10, [sp, #(FRAME + SAVED)]
    strd r10, r8, [sp, #OUT]
.Lchannels:
    ldr r1, [sp, #CHANNELS]
    ldrd r0, r12, [sp, #X]
    ldr r3, [sp, #COUNT]
    ldr r4, [r1]
    ldr r5, [r1, #CHANNEL_BYTES]
    add r5, r4, r5, lsl #8
    mov r8, r4
    mov r9, r5
    cmp r3, #2
    ble .Ltwo
    ldr r6, [r1, #(2 * CHANNEL_BYTES)]
    ldr r7, [r1, #(3 * CHANNEL_BYTES)]
    add r7, r6, r7, lsl #8
    mov r10, r6
    mov r11, r7
    sub r1, r12, r0
    lsls r1, r1, #28
    bmi .Lodd
.Lfours:
    four
.Lodd:
    four
    ldr r12, [sp, #(X + 4)]
    cmp r0, r12
    bne .Lfours
    b .Lsums
.Ltwo:
    mov r11, r12
.Ltwos:
    ldrd r1, r3, [r0], #8
    two r4, r5, r8, r9
    cmp r0, r11
    bne .Ltwos
.Lsums:
    part r4, r5
    part r6, r7
    part r8, r9
    part r10, r11
    stm sp, {r4-r11}
    mov r4, sp
    add r12, sp, #CHANNELS
    ldm r12, {r6, r9-r11}
.Loutputs:
    ldrd r0, r7, [r6, #4]
    adds r6, r6, #CHANNEL_BYTES
    lsl r12, r9, r7
    ldr r1, [r4, #OTHER]
    ldr r3, [r4], #4
    scale r1
    scale r3
    strb r1, [r10, r11]
    strb r3, [r10], #1
    ldr r0, [sp, #COUNT]
    subs r0, r0, #1
    beq .Lend
    str r0, [sp, #COUNT]
    add r0, sp, #OTHER
    cmp r4, r0
    bne .Loutputs
    str r6, [sp, #CHANNELS]
    str r10, [sp, #OUT]
    b .Lchannels
.Lend:
    add sp, sp, #FRAME
    pop {r4-r11, pc}
    .size tm_small_tile_s8, . - tm_small_tile_s8

/* SPDX-License-Identifier: Apache-2.0
 *
 * Four pixels times two output channels at a time. tm_tile_s8.c is the same in C. */
    .syntax unified
    .thumb

/* On the stack: where the inputs start, the channels, ... where in the unrolled loop to enter ... */
#define X_START 0
#define CHANNELS 4
#define ROUNDING 8
#define X_END 12
#define ENTRY 16
#define OUT 20
#define OUT_STEP 24
#define COUNT 28
#define FRAME 32
#define SAVED 36
#ifdef __OPTIMIZE_SIZE__
#define UNROLLED 2
#else
#define UNROLLED 8
#endif
#define PAIR_BYTES 48
#define CHANNEL_BYTES 12

/* Two inputs of four pixels by two channels: r0 inputs, r1 weights, r4 to r7 sums of 256 * b + a,
 * r8 to r11 sums of a. */
    .macro weight
    ldr r12, [r1], #4
    sxtb16 lr, r12
    .endm

    .macro first_two
    smlad r4, r12, r2, r4
    smlad r8, lr, r2, r8
    smlad r5, r12, r3, r5
    smlad r9, lr, r3, r9
    .endm

    .macro last_two
    smlad r6, r12, r2, r6
    smlad r10, lr, r2, r10
    smlad r7, r12, r3, r7
    smlad r11, lr, r3, r11
    .endm

    .macro pair
    weight
    ldrd r2, r3, [r0], #8
    first_two
    ldrd r2, r3, [r0], #8
    last_two
    .endm

/* The same of six columns by three taps. */
    .macro columns
    weight
    ldrd r2, r3, [r0, #8]
    first_two
    ldrd r2, r3, [r0, #16]
    last_two
    weight
    ldrd r2, r3, [r0, #4]
    first_two
    ldrd r2, r3, [r0, #12]
    last_two
    weight
    ldrd r2, r3, [r0, #8]
    last_two
    ldrd r2, r3, [r0], #24
    first_two
    .endm

/* Twice a sum to an output: rounds twice, ties away from zero the second time. */
    .macro scale sum, multiplier, rounding, shift, spare
    add \spare, \rounding, \sum, asr #31
    smmlar \sum, \sum, \multiplier, \spare
    asr \sum, \sum, \shift
    ssat \sum, #8, \sum, asr #1
    .endm

    .section .text.tm_tile_s8, "ax", %progbits
    .balign 4
    .global tm_tile_s8
    .type tm_tile_s8, %function
    .thumb_func
tm_tile_s8:
    push {r4-r11, lr}
    sub sp, sp, #FRAME
    ldrd r4, r5, [r0]
    ldrd r6, r7, [r0, #8]
    ldr r10, [r0, #16]
    ldr r9, [sp, #(FRAME + SAVED)]
    strd r3, r7, [sp, #CHANNELS]
    strd r9, r6, [sp, #OUT]
    str r5, [sp, #COUNT]
    add r3, r1, r4, lsl #4
    str r3, [sp, #X_END]
    rsb r4, r4, #0
    and r4, r4, #(UNROLLED - 1)
    mov r3, #PAIR_BYTES
    mul r4, r4, r3
    adr r3, .Lpairs
    add r4, r4, r3
    cmp r10, #0
    beq .Lstart
    ldr r3, [r0]
    add r3, r1, r3, lsl #3
    str r3, [sp, #X_END]
    adr.w r4, .Lcolumns
.Lstart:
    orr r4, r4, #1
    str r1, [sp, #X_START]
    str r4, [sp, #ENTRY]
    mov r1, r2

.Lchannels:
    ldrd r0, r2, [sp, #X_START]
    ldr r8, [r2]
    ldr r4, [r2, #CHANNEL_BYTES]
    add r4, r8, r4, lsl #8
    mov r9, r8
    mov r10, r8
    mov r11, r8
    mov r5, r4
    mov r6, r4
    mov r7, r4
    ldr pc, [sp, #ENTRY]
    .balign 4
.Lpairs:
    .rept UNROLLED
    pair
    .endr
    ldr r12, [sp, #X_END]
    cmp r0, r12
    bne .Lpairs
.Lscale:
    sub r4, r4, r8
    sub r5, r5, r9
    sub r6, r6, r10
    sub r7, r7, r11
    ldrd r0, r12, [sp, #CHANNELS]
    ldrd r2, r3, [r0, #4]
    lsl r12, r12, r3
    lsl r8, r8, #1
    lsl r9, r9, #1
    lsl r10, r10, #1
    lsl r11, r11, #1
    scale r8, r2, r12, r3, lr
    scale r9, r2, r12, r3, lr
    scale r10, r2, r12, r3, lr
    scale r11, r2, r12, r3, lr
    ldrd r2, r3, [sp, #OUT]
    strb r8, [r2]
    strb r9, [r2, r3]
    strb r10, [r2, r3, lsl #1]
    add lr, r2, r3
    strb r11, [lr, r3, lsl #1]
    ldr r11, [sp, #COUNT]
    subs r11, r11, #2 /* nothing down to the branch back changes the flags */
    bmi .Lend
    str r11, [sp, #COUNT]
    ldrd r8, r9, [r0, #(CHANNEL_BYTES + 4)]
    ldr r12, [sp, #ROUNDING]
    lsl r12, r12, r9
    asr r4, r4, #7
    asr r5, r5, #7
    asr r6, r6, #7
    asr r7, r7, #7
    scale r4, r8, r12, r9, r10
    scale r5, r8, r12, r9, r10
    scale r6, r8, r12, r9, r10
    scale r7, r8, r12, r9, r10
    add r0, r0, #(2 * CHANNEL_BYTES)
    str r0, [sp, #CHANNELS]
    add lr, lr, #1
    strb r7, [lr, r3, lsl #1]
    strb r4, [r2, #1]!
    strb r5, [r2, r3]
    strb r6, [r2, r3, lsl #1]
    add r2, r2, #1
    str r2, [sp, #OUT]
    bne .Lchannels
.Lend:
    add sp, sp, #FRAME
    pop {r4-r11, pc}
    .balign 4
.Lcolumns:
    columns
#ifndef __OPTIMIZE_SIZE__
    columns
#endif
    ldr r12, [sp, #X_END]
    cmp r0, r12
    bne .Lcolumns
    b .Lscale
    .size tm_tile_s8, . - tm_tile_s8

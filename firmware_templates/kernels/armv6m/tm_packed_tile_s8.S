/* SPDX-License-Identifier: Apache-2.0
 *
 * Four pixels times one output channel at a time. tm_packed_tile_s8.c is the same in C. */
#include "tm_scaled_s8.h"

    .syntax unified
    .thumb

/* On the stack: where the inputs start and end, where outputs go ... */
#define X 0
#define X_END 4
#define OUT 8
#define OUT_STEP 12
#define ROUNDING 16
#define COUNT 20
#define WORD 24
#define MULTIPLIER 28
#define FRAME 32

/* r0 inputs, r1 weights, r7 four of them, r2 the one whose turn it is. A part of the sums of the first
 * two pixels is in r5, of the other two in r6. */
    .macro first_input
    ldmia r0!, {r5, r6}
    muls r5, r2, r5
    muls r6, r2, r6
    .endm

    .macro input
    ldmia r0!, {r3, r4}
    muls r3, r2, r3
    muls r4, r2, r4
    adds r5, r5, r3
    adds r6, r6, r4
    .endm

    .macro second_weight
    lsls r2, r7, #16
    asrs r2, r2, #24
    .endm

    .macro third_weight
    lsls r2, r7, #8
    asrs r2, r2, #24
    .endm

/* lr is 2^15. r8 and r9 sum parts and 2^15 modulo 2^32, r10 and r11 their upper halves. */
    .macro flush
    add r5, lr
    add r6, lr
    add r8, r5
    add r9, r6
    asrs r5, r5, #16
    asrs r6, r6, #16
    add r10, r5
    add r11, r6
    .endm

/* Sums start with r2, less 2^15 for each part; r3 is the sum of those. */
    .macro start
    mov r10, r2
    mov r11, r2
    lsls r4, r2, #16
    adds r4, r4, r2
    subs r4, r4, r3
    mov r8, r4
    mov r9, r4
    .endm

/* The sum in r0 to an output at r3, and to the next pixel's. */
    .macro output
    scaled r0, r7, r6, r4, r8, r2, r5
    strb r0, [r3]
    ldr r5, [sp, #OUT_STEP]
    adds r3, r3, r5
    .endm

    .section .text.tm_packed_tile_s8, "ax", %progbits
    .balign 4
    .global tm_packed_tile_s8
    .type tm_packed_tile_s8, %function
    .thumb_func
tm_packed_tile_s8:
    push {r4-r7, lr}
    mov r4, r8
    mov r5, r9
    mov r6, r10
    mov r7, r11
    push {r4-r7}
    sub sp, sp, #FRAME
    ldmia r0!, {r4-r7}
    str r1, [sp, #X]
    lsls r4, r4, #5
    adds r4, r4, r1
    str r4, [sp, #X_END]
    mov r12, r4
    str r5, [sp, #COUNT]
    str r6, [sp, #ROUNDING]
    str r7, [sp, #OUT_STEP]
    str r3, [sp, #OUT]
    movs r1, r2
    movs r0, #1
    lsls r0, r0, #15
    mov lr, r0
.Lchannel:
    ldr r0, [sp, #X]
    ldmia r1!, {r2, r3}
    str r2, [sp, #WORD]
    str r3, [sp, #MULTIPLIER]
    mov r3, r12
    subs r3, r3, r0
    lsls r3, r3, #10
    lsrs r4, r2, #1
    bcs .Ltwos
    asrs r2, r2, #6
    start
.Lfour:
    ldmia r1!, {r7}
    sxtb r2, r7
    first_input
    second_weight
    input
    third_weight
    input
    asrs r2, r7, #24
    input
    flush
    cmp r0, r12
    bne .Lfour
    b .Lscale
.Ltwos:
    asrs r2, r2, #6
    lsls r3, r3, #1
    start
.Ltwo:
    ldmia r1!, {r7}
    sxtb r2, r7
    first_input
    second_weight
    input
    flush
    third_weight
    first_input
    asrs r2, r7, #24
    input
    flush
    cmp r0, r12
    bne .Ltwo
.Lscale:
    mov r2, r10
    lsls r2, r2, #16
    mov r0, r8
    subs r0, r0, r2
    ldr r5, [sp, #ROUNDING]
    mov r8, r5
    ldr r4, [sp, #WORD]
    lsls r4, r4, #26
    lsrs r4, r4, #27
    ldr r6, [sp, #MULTIPLIER]
    uxth r7, r6
    lsrs r6, r6, #16
    ldr r3, [sp, #OUT]
    output
    mov r0, r10
    output
    mov r2, r11
    lsls r2, r2, #16
    mov r0, r9
    subs r0, r0, r2
    output
    mov r0, r11
    output
    ldr r3, [sp, #OUT]
    adds r3, r3, #1
    str r3, [sp, #OUT]
    ldr r3, [sp, #COUNT]
    subs r3, r3, #1
    str r3, [sp, #COUNT]
    beq .Lend
    b .Lchannel
.Lend:
    add sp, sp, #FRAME
    pop {r4-r7}
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
    pop {r4-r7, pc}
    .size tm_packed_tile_s8, . - tm_packed_tile_s8

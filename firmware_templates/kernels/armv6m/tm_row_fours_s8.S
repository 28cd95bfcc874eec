/* SPDX-License-Identifier: Apache-2.0
 *
 * A row of inputs times four output channels at a time. tm_row_fours_s8.c is the same in C. */
#include "tm_four_channels.h"

    .syntax unified
    .thumb

#define IN 32
#define OUT 36
#define OUT_END 40
#define ROUNDING 44
#define STEP 48
#define FRAME 52

/* r0 inputs, r1 weights. */
    .macro input offset
    ldrsb r2, [r0, \offset]
    ldmia r1!, {r3}
    sxtb r4, r3
    product r8, r4
    weight_of_second r4
    product r9, r4
    weight_of_third r4
    product r10, r4
    asrs r3, r3, #24
    product r11, r3
    .endm

    .section .text.tm_row_fours_s8, "ax", %progbits
    .balign 4
    .global tm_row_fours_s8
    .type tm_row_fours_s8, %function
    .thumb_func
tm_row_fours_s8:
    save_registers
    sub sp, sp, #FRAME
    ldmia r0!, {r4-r7}
    str r7, [sp, #STEP]
    str r1, [sp, #IN]
    adds r7, r1, r4
    mov lr, r7
    lsrs r4, r4, #2
    lsls r4, r4, #2
    adds r4, r4, r1
    mov r12, r4
    str r3, [sp, #OUT]
    adds r5, r5, r3
    str r5, [sp, #OUT_END]
    str r6, [sp, #ROUNDING]
    movs r1, r2
.Lchannels:
    start_four
    movs r5, #0
    movs r6, #1
    movs r7, #2
    ldr r0, [sp, #IN]
    b .Lnext_four
.Lfour:
    input r5
    input r6
    input r7
    adds r0, r0, #3
    input r5
    adds r0, r0, #1
.Lnext_four:
    cmp r0, r12
    bne .Lfour
    b .Lnext_one
.Lone:
    input r5
    adds r0, r0, #1
.Lnext_one:
    cmp r0, lr
    bne .Lone
    ldr r5, [sp, #OUT]
    ldr r2, [sp, #OUT_END]
    ldr r4, [sp, #ROUNDING]
    ldr r6, [sp, #STEP]
    adds r3, r5, #4
    cmp r3, r2
    bls .Lscale
    movs r3, r2
.Lscale:
    four_outputs
    str r5, [sp, #OUT]
    ldr r2, [sp, #OUT_END]
    cmp r5, r2
    beq .Lend
    b .Lchannels
.Lend:
    add sp, sp, #FRAME
    restore_registers_and_return
    .size tm_row_fours_s8, . - tm_row_fours_s8

/* SPDX-License-Identifier: Apache-2.0
 *
 * The taps of four channels at a time. tm_taps_fours_s8.c is the same in C. */
#include "tm_four_channels.h"

    .syntax unified
    .thumb

#define AT 32
#define OUT 36
#define CHANNEL 40
#define LAST 44
#define ROUNDING 48
#define STEP 52
#define FRAME 56

    .section .text.tm_taps_fours_s8, "ax", %progbits
    .balign 4
    .global tm_taps_fours_s8
    .type tm_taps_fours_s8, %function
    .thumb_func
tm_taps_fours_s8:
    save_registers
    sub sp, sp, #FRAME
    ldmia r0!, {r4-r7}
    str r7, [sp, #STEP]
    str r1, [sp, #AT]
    lsls r4, r4, #2
    adds r4, r4, r1
    mov r12, r4
    str r3, [sp, #OUT]
    str r5, [sp, #LAST]
    str r6, [sp, #ROUNDING]
    movs r1, r2
    movs r2, #0
.Lchannels:
    str r2, [sp, #CHANNEL]
    start_four
    ldr r5, [sp, #AT]
    ldr r6, [sp, #CHANNEL]
    adds r7, r6, #1
.Ltap:
    ldmia r5!, {r0}
    ldmia r1!, {r3}
    ldrsb r2, [r0, r6]
    sxtb r4, r3
    product r8, r4
    ldrsb r2, [r0, r7]
    weight_of_second r4
    product r9, r4
    adds r0, r0, #2
    ldrsb r2, [r0, r6]
    weight_of_third r4
    product r10, r4
    ldrsb r2, [r0, r7]
    asrs r3, r3, #24
    product r11, r3
    cmp r5, r12
    bne .Ltap
    ldr r5, [sp, #OUT]
    adds r5, r5, r6
    adds r3, r5, #4
    ldr r4, [sp, #ROUNDING]
    ldr r6, [sp, #STEP]
    four_outputs
    ldr r2, [sp, #CHANNEL]
    ldr r3, [sp, #LAST]
    cmp r2, r3
    beq .Lend
    adds r2, r2, #4
    cmp r2, r3
    blt .Lagain
    movs r2, r3
.Lagain:
    b .Lchannels
.Lend:
    add sp, sp, #FRAME
    restore_registers_and_return
    .size tm_taps_fours_s8, . - tm_taps_fours_s8

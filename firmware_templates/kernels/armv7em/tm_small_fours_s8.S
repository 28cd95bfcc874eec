/* SPDX-License-Identifier: Apache-2.0
 *
 * Four channels of a pixel at a time. tm_small_fours_s8.c is the same in C. */
    .syntax unified
    .thumb

/* On the stack: the sums, where the places of the taps start and end, ... */
#define AT 16
#define AT_END 20
#define COUNT 24
#define LEAST_SHIFT 28
#define ROUNDING 32
#define OUT 36
#define FRAME 40
#define SAVED 36
#define START_AT 11

    .section .text.tm_small_fours_s8, "ax", %progbits
    .balign 4
    .global tm_small_fours_s8
    .type tm_small_fours_s8, %function
    .thumb_func
tm_small_fours_s8:
    push {r4-r11, lr}
    sub sp, sp, #FRAME
    ldm r0, {r4-r8}
    add r4, r1, r4, lsl #2
    ldr r8, [sp, #(FRAME + SAVED)]
    add r12, sp, #AT
    stm r12, {r1, r4, r5, r6, r7, r8}
    movs r1, #0
.Lchannels:
    mov lr, r2
    ldm r2!, {r4-r7}
    asrs r4, r4, #START_AT
    asrs r5, r5, #START_AT
    asrs r6, r6, #START_AT
    asrs r7, r7, #START_AT
    ldr r0, [sp, #AT]
    ldr r12, [sp, #AT_END]
.Ltaps:
    ldr r8, [r0], #4
    ldr r10, [r2], #4
    ldr r8, [r8, r1]
    sxtb16 r9, r8, ror #8
    sxtb16 r8, r8
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
    ldr r10, [sp, #LEAST_SHIFT]
    ldrd r12, r11, [sp, #ROUNDING]
    add r11, r11, r1
/* A sum to an output: rounds twice, ties away from zero the second time. */
.Loutputs:
    ldr r7, [lr], #4
    ldr r0, [r3], #4
    ldr r6, [r4], #4
    and r7, r7, #15
    add r7, r7, r10
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

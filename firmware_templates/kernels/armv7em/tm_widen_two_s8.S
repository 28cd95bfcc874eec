/* SPDX-License-Identifier: Apache-2.0
 *
 * Four inputs of both rows at a time. tm_widen_two_s8.c is the same in C. */
    .syntax unified
    .thumb

    .section .text.tm_widen_two_s8, "ax", %progbits
    .balign 4
    .global tm_widen_two_s8
    .type tm_widen_two_s8, %function
    .thumb_func
tm_widen_two_s8:
    push {r4-r9, lr}
    ldr r12, [sp, #28]
    subs r2, r2, #4
    blo .Lrest
.Lfours:
    ldr r8, [r0], #4
    ldr r9, [r1], #4
    sxtab16 r6, r12, r8
    sxtab16 r7, r12, r9
    sxtab16 r8, r12, r8, ror #8
    sxtab16 r9, r12, r9, ror #8
    pkhbt r4, r6, r7, lsl #16
    pkhbt r5, r8, r9, lsl #16
    pkhtb r6, r7, r6, asr #16
    pkhtb r7, r9, r8, asr #16
    stm r3!, {r4, r5, r6, r7}
    subs r2, r2, #4
    bhs .Lfours
.Lrest:
    adds r2, r2, #4
    beq .Lend
.Lone:
    ldrsb r8, [r0], #1
    ldrsb r9, [r1], #1
    sxtah r8, r8, r12
    sxtah r9, r9, r12
    pkhbt r8, r8, r9, lsl #16
    str r8, [r3], #4
    subs r2, r2, #1
    bne .Lone
.Lend:
    pop {r4-r9, pc}
    .size tm_widen_two_s8, . - tm_widen_two_s8

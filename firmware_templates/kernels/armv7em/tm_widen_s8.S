/* SPDX-License-Identifier: Apache-2.0
 *
 * Four inputs of four pixels at a time. r3 is what is added, twice. tm_widen_s8.c is the same in C. */
    .syntax unified
    .thumb

/* One to three inputs that are left over of a pixel, in r1. */
    .macro rest from
    ldrsb r8, [\from]
    mov r9, #0
    sxtah r8, r8, r3
    cmp r1, #2
    itt hs
    ldrsbhs r9, [\from, #1]
    sxtahhs r9, r9, r3
    itttt hi
    uxthhi r11, r9
    strhi r11, [r2, #16]
    ldrsbhi r10, [\from, #2]
    sxtahhi r9, r10, r3
    pkhbt r8, r8, r9, lsl #16
    str r8, [r2], #4
    .endm

    .section .text.tm_widen_s8, "ax", %progbits
    .balign 4
    .global tm_widen_s8
    .type tm_widen_s8, %function
    .thumb_func
tm_widen_s8:
    push {r4-r11, lr}
    ldm r0, {r4-r7}
    subs r1, r1, #4
    blo .Lrest
.Lfours:
    ldr r8, [r4], #4
    ldr r9, [r5], #4
    ldr r10, [r6], #4
    ldr r11, [r7], #4
    sxtab16 r0, r3, r8
    sxtab16 r12, r3, r9
    sxtab16 lr, r3, r10
    strd r0, r12, [r2], #8
    sxtab16 r0, r3, r11
    strd lr, r0, [r2], #8
    sxtab16 r8, r3, r8, ror #8
    sxtab16 r9, r3, r9, ror #8
    sxtab16 r10, r3, r10, ror #8
    sxtab16 r11, r3, r11, ror #8
    stm r2!, {r8, r9, r10, r11}
    subs r1, r1, #4
    bhs .Lfours
.Lrest:
    adds r1, r1, #4
    beq .Lend
    rest r4
    rest r5
    rest r6
    rest r7
.Lend:
    pop {r4-r11, pc}
    .size tm_widen_s8, . - tm_widen_s8

/* SPDX-License-Identifier: Apache-2.0
 *
 * Four elements at a time. tm_weighted_fours_s8.c is the same in C. */
    .syntax unified
    .thumb

/* r4 a, r5 b, r6 c. Inputs are in the high bytes of halfwords: a product's low 16 bits are dropped. */
    .macro sum half, result, x, y
    smlaw\half \result, r4, \x, r6
    smlaw\half \result, r5, \y, \result
    .endm

    .section .text.tm_weighted_fours_s8, "ax", %progbits
    .balign 4
    .global tm_weighted_fours_s8
    .type tm_weighted_fours_s8, %function
    .thumb_func
tm_weighted_fours_s8:
    push {r4-r11, lr}
    ldm r0, {r4-r8}
    mov r0, #0xFF00FF00
.Lfours:
    ldr r10, [r1], #4
    ldr r12, [r2]
    add r2, r2, r8
    and r9, r0, r10, lsl #8
    and r10, r10, r0
    and r11, r0, r12, lsl #8
    and r12, r12, r0
    sum b, lr, r9, r11
    sum t, r9, r9, r11
    sum b, r11, r10, r12
    sum t, r10, r10, r12
    ssat lr, #8, lr, asr #20
    ssat r11, #8, r11, asr #20
    ssat r9, #8, r9, asr #20
    ssat r10, #8, r10, asr #20
    bfi lr, r11, #8, #8
    bfi lr, r9, #16, #8
    bfi lr, r10, #24, #8
    str lr, [r3], #4
    subs r7, r7, #4
    bne .Lfours
    pop {r4-r11, pc}
    .size tm_weighted_fours_s8, . - tm_weighted_fours_s8

/* SPDX-License-Identifier: Apache-2.0
 *
 * Four elements at a time. tm_product_fours_s8.c is the same in C. */
    .syntax unified
    .thumb

/* Twice a product to an output: rounds twice, ties away from zero the second time. r6 multiplier,
 * r7 rounding, r8 shift. */
    .macro scale product
    add r12, r7, \product, asr #31
    smmlar \product, \product, r6, r12
    asr \product, \product, r8
    ssat \product, #8, \product
    .endm

    .section .text.tm_product_fours_s8, "ax", %progbits
    .balign 4
    .global tm_product_fours_s8
    .type tm_product_fours_s8, %function
    .thumb_func
tm_product_fours_s8:
    push {r4-r11, lr}
    ldm r0, {r4-r10}
    add r10, r10, r1
    push {r10}
.Lfours:
    ldr r10, [r1], #4
    ldr r12, [r2]
    add r2, r2, r9
    sxtab16 r0, r4, r10
    sxtab16 r11, r5, r12
    sxtab16 r10, r4, r10, ror #8
    sxtab16 r12, r5, r12, ror #8
    sadd16 r0, r0, r0
    sadd16 r10, r10, r10
    smulbb lr, r0, r11
    smultt r0, r0, r11
    smulbb r11, r10, r12
    smultt r10, r10, r12
    scale lr
    scale r11
    scale r0
    scale r10
    bfi lr, r11, #8, #8
    bfi lr, r0, #16, #8
    bfi lr, r10, #24, #8
    str lr, [r3], #4
    ldr r12, [sp]
    cmp r1, r12
    bne .Lfours
    add sp, sp, #4
    pop {r4-r11, pc}
    .size tm_product_fours_s8, . - tm_product_fours_s8

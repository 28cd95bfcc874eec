/* SPDX-License-Identifier: Apache-2.0
 *
 * Two products at a time. tm_product_twos_s16.c is the same in C. */
    .syntax unified
    .thumb

/* A product to an output: rounds twice, ties away from zero the second time. */
    .macro scale product
    qadd \product, \product, \product
    add r12, r5, \product, asr #31
    smmlar \product, \product, r4, r12
    asr \product, \product, r6
    ssat \product, #16, \product
    .endm

    .section .text.tm_product_twos_s16, "ax", %progbits
    .balign 4
    .global tm_product_twos_s16
    .type tm_product_twos_s16, %function
    .thumb_func
/* r0 count, r1 x, r2 y, r3 outputs. */
tm_product_twos_s16:
    push {r4-r8, lr}
    ldm r0, {r4-r6}
    mov r0, r3
    ldr r3, [sp, #24]
.Ltwo:
    ldr r7, [r1], #4
    ldr r8, [r2], #4
    smulbb lr, r7, r8
    smultt r7, r7, r8
    scale lr
    scale r7
    pkhbt lr, lr, r7, lsl #16
    subs r0, r0, #2
    str lr, [r3], #4
    bne .Ltwo
    pop {r4-r8, pc}
    .size tm_product_twos_s16, . - tm_product_twos_s16

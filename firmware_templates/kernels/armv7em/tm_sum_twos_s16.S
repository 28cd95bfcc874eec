/* SPDX-License-Identifier: Apache-2.0
 *
 * Two sums at a time. tm_sum_twos_s16.c is the same in C. */
    .syntax unified
    .thumb

/* Twice a number to a scaled one: rounds twice, ties away from zero the second time. */
    .macro scale number, multiplier, rounding, shift
    add r12, \rounding, \number, asr #31
    smmlar \number, \number, \multiplier, r12
    asr \number, \number, \shift
    .endm

/* y as it is scaled and x << 16 to a sum in y's place. */
    .macro finish y, x
    add \y, \y, \x, asr #2
    lsl \y, \y, #1
    scale \y, r7, r8, r9
    ssat \y, #16, \y
    .endm

    .section .text.tm_sum_twos_s16, "ax", %progbits
    .balign 4
    .global tm_sum_twos_s16
    .type tm_sum_twos_s16, %function
    .thumb_func
/* r0 count, r1 x, r2 y, r3 outputs. */
tm_sum_twos_s16:
    push {r4-r11, lr}
    ldm r0, {r4-r9}
    mov r0, r3
    ldr r3, [sp, #36]
.Ltwo:
    ldr r10, [r2], #4
    ldr r11, [r1], #4
    lsl lr, r10, #16
    scale lr, r4, r5, r6
    lsl r12, r11, #16
    finish lr, r12
    bfc r10, #0, #16
    bfc r11, #0, #16
    scale r10, r4, r5, r6
    finish r10, r11
    pkhbt lr, lr, r10, lsl #16
    subs r0, r0, #2
    str lr, [r3], #4
    bne .Ltwo
    pop {r4-r11, pc}
    .size tm_sum_twos_s16, . - tm_sum_twos_s16

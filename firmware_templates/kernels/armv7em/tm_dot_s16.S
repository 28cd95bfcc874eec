/* SPDX-License-Identifier: Apache-2.0
 *
 * Four products at a time, then one. tm_dot_s16.c is the same in C. */
    .syntax unified
    .thumb

    .section .text.tm_dot_s16, "ax", %progbits
    .balign 4
    .global tm_dot_s16
    .type tm_dot_s16, %function
    .thumb_func
/* r6 and r7 the sum, r1 x, r2 weights, r3 how many products are left. */
tm_dot_s16:
    push {r0, r4-r9, lr}
    ldrd r6, r7, [r0]
    subs r3, r3, #4
    blo .Lrest
.Lfours:
    ldr r4, [r1], #4
    ldr r5, [r1], #4
    ldr r9, [r2], #4
    pkhbt r8, r4, r5, lsl #16
    pkhtb r5, r5, r4, asr #16
    sxtb16 r4, r9
    sxtb16 r9, r9, ror #8
    smlald r6, r7, r8, r4
    smlald r6, r7, r5, r9
    subs r3, r3, #4
    bhs .Lfours
.Lrest:
    adds r3, r3, #4
    beq .Lend
.Lone:
    ldrsh r4, [r1], #2
    ldrsb r5, [r2], #1
    smlal r6, r7, r4, r5
    subs r3, r3, #1
    bne .Lone
.Lend:
    pop {r0}
    strd r6, r7, [r0]
    pop {r4-r9, pc}
    .size tm_dot_s16, . - tm_dot_s16

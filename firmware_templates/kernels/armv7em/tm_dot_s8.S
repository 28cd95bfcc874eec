/* SPDX-License-Identifier: Apache-2.0
 *
 * Eight products at a time, then four, then one. tm_dot_s8.c is the same in C. */
    .syntax unified
    .thumb

/* r0 sum, r1 x, r2 weights. */
    .macro four
    ldr r12, [r1], #4
    ldr lr, [r2], #4
    sxtb16 r4, r12
    sxtb16 r5, lr
    sxtb16 r12, r12, ror #8
    sxtb16 lr, lr, ror #8
    smlad r0, r4, r5, r0
    smlad r0, r12, lr, r0
    .endm

    .section .text.tm_dot_s8, "ax", %progbits
    .balign 4
    .global tm_dot_s8
    .type tm_dot_s8, %function
    .thumb_func
tm_dot_s8:
    push {r4-r6, lr}
    mov r6, r0
    ldr r0, [r0]
    subs r3, r3, #8
    blo .Lfour
.Leights:
    four
    four
    subs r3, r3, #8
    bhs .Leights
.Lfour:
    adds r3, r3, #4
    bmi .Lrest
    four
    sub r3, r3, #4
.Lrest:
    adds r3, r3, #4
    beq .Lend
.Lone:
    ldrsb r12, [r1], #1
    ldrsb lr, [r2], #1
    smlabb r0, r12, lr, r0
    subs r3, r3, #1
    bne .Lone
.Lend:
    str r0, [r6]
    pop {r4-r6, pc}
    .size tm_dot_s8, . - tm_dot_s8

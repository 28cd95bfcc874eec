/* SPDX-License-Identifier: Apache-2.0
 *
 * Four inputs times four rows at a time. tm_dot_four_s8.c is the same in C. */
    .syntax unified
    .thumb

/* r10, r11: four inputs as words of two; r12: four weights of a row. */
    .macro row sum
    sxtb16 lr, r12, ror #8
    sxtb16 r12, r12
    smlad \sum, r11, lr, \sum
    smlad \sum, r10, r12, \sum
    .endm

    .macro one sum
    smlabb \sum, r11, r12, \sum
    .endm

    .section .text.tm_dot_four_s8, "ax", %progbits
    .balign 4
    .global tm_dot_four_s8
    .type tm_dot_four_s8, %function
    .thumb_func
/* r1 x, r2 the first row's weights, r3 length, r8 three times length, r9 where fours of x end. */
tm_dot_four_s8:
    push {r0, r4-r11, lr}
    ldm r0, {r4-r7}
    add r8, r3, r3, lsl #1
    bic r9, r3, #3
    add r9, r9, r1
    and r0, r3, #3
    cmp r1, r9
    beq .Lrest
.Lfours:
    ldr r11, [r1], #4
    ldr r12, [r2, r3]
    sxtb16 r10, r11
    sxtb16 r11, r11, ror #8
    row r5
    ldr r12, [r2, r3, lsl #1]
    row r6
    ldr r12, [r2, r8]
    row r7
    ldr r12, [r2], #4
    row r4
    cmp r1, r9
    bne .Lfours
.Lrest:
    cbz r0, .Lend
.Lone:
    ldrsb r11, [r1], #1
    ldrsb r12, [r2, r3]
    one r5
    ldrsb r12, [r2, r3, lsl #1]
    one r6
    ldrsb r12, [r2, r8]
    one r7
    ldrsb r12, [r2], #1
    one r4
    subs r0, r0, #1
    bne .Lone
.Lend:
    pop {r0}
    stm r0, {r4-r7}
    pop {r4-r11, pc}
    .size tm_dot_four_s8, . - tm_dot_four_s8

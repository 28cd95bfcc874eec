/* SPDX-License-Identifier: Apache-2.0
 *
 * Four inputs times four rows at a time. tm_dot_four_s16.c is the same in C. */
    .syntax unified
    .thumb

/* So many products of 16 and 8 bits, and three more, are within 32 bits: a multiple of four. */
#define CHUNK 508

/* r10, r11: inputs 0 and 2, 1 and 3; r12: four weights of a row. */
    .macro row sum
    sxtb16 lr, r12, ror #8
    sxtb16 r12, r12
    smlad \sum, r11, lr, \sum
    smlad \sum, r10, r12, \sum
    .endm

    .macro one sum
    smlabb \sum, r11, r12, \sum
    .endm

    .macro add_up sum
    ldrd r10, r11, [r12]
    adds r10, r10, \sum
    adc r11, r11, \sum, asr #31
    strd r10, r11, [r12], #8
    .endm

    .section .text.tm_dot_four_s16, "ax", %progbits
    .balign 4
    .global tm_dot_four_s16
    .type tm_dot_four_s16, %function
    .thumb_func
/* r1 x, r2 the first row's weights, r3 length, r8 three times length, r0 where fours of x end, r9
 * where they end or a chunk does. */
tm_dot_four_s16:
    push {r0, r4-r11, lr}
    add r8, r3, r3, lsl #1
    bic r0, r3, #3
    add r0, r1, r0, lsl #1
.Lchunk:
    mov r4, #0
    mov r5, #0
    mov r6, #0
    mov r7, #0
    add r9, r1, #(2 * CHUNK)
    cmp r9, r0
    it hi
    movhi r9, r0
    cmp r1, r9
    beq .Lrest
.Lfours:
    ldr r12, [r1], #4
    ldr r11, [r1], #4
    pkhbt r10, r12, r11, lsl #16
    pkhtb r11, r11, r12, asr #16
    ldr r12, [r2, r3]
    row r5
    ldr r12, [r2, r3, lsl #1]
    row r6
    ldr r12, [r2, r8]
    row r7
    ldr r12, [r2], #4
    row r4
    cmp r1, r9
    bne .Lfours
    cmp r1, r0
    bne .Ladd
.Lrest:
    ands r10, r3, #3
    beq .Ladd
.Lone:
    ldrsh r11, [r1], #2
    ldrsb r12, [r2, r3]
    one r5
    ldrsb r12, [r2, r3, lsl #1]
    one r6
    ldrsb r12, [r2, r8]
    one r7
    ldrsb r12, [r2], #1
    one r4
    subs r10, r10, #1
    bne .Lone
.Ladd:
    ldr r12, [sp]
    add_up r4
    add_up r5
    add_up r6
    add_up r7
    cmp r1, r0
    blo .Lchunk
    pop {r0, r4-r11, pc}
    .size tm_dot_four_s16, . - tm_dot_four_s16

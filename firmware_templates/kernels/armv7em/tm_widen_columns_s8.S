/* SPDX-License-Identifier: Apache-2.0
 *
 * Two columns after the other. r3 is what is added, twice. tm_widen_columns_s8.c is the same in C. */
    .syntax unified
    .thumb

    .section .text.tm_widen_columns_s8, "ax", %progbits
    .balign 4
    .global tm_widen_columns_s8
    .type tm_widen_columns_s8, %function
    .thumb_func
tm_widen_columns_s8:
    push {r4-r10, lr}
    mov lr, #3
.Lcolumns:
    ldr r4, [r0], #4
    ldr r5, [r0], #4
    mov r10, r2
    mov r12, r1
.Lfours:
    ldr r8, [r4], #4
    ldr r9, [r5], #4
    sxtab16 r6, r3, r8
    sxtab16 r7, r3, r9
    sxtab16 r8, r3, r8, ror #8
    sxtab16 r9, r3, r9, ror #8
    strd r8, r9, [r10, #24]
    strd r6, r7, [r10], #48
    subs r12, r12, #4
    bne .Lfours
    add r2, r2, #8
    subs lr, lr, #1
    bne .Lcolumns
    pop {r4-r10, pc}
    .size tm_widen_columns_s8, . - tm_widen_columns_s8

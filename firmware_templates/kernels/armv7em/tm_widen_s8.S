/* SPDX-License-Identifier: Apache-2.0
 *
 * Four inputs of four pixels at a time. tm_widen_s8.c is the same in C. */
    .syntax unified
    .thumb

    .section .text.tm_widen_s8, "ax", %progbits
    .balign 4
    .global tm_widen_s8
    .type tm_widen_s8, %function
    .thumb_func
tm_widen_s8:
    push {r4-r11, lr}
    add r12, r1, r1, lsl #1
    subs r2, r2, #4
    blo .Ltail
.Lfours:
    ldr r8, [r0, r1]
    ldr r9, [r0, r1, lsl #1]
    ldr r10, [r0, r12]
    ldr r7, [r0], #4
    sxtb16 lr, r10
    sxtb16 r10, r10, ror #8
    sxtb16 r6, r9
    sxtb16 r9, r9, ror #8
    sxtb16 r5, r8
    sxtb16 r8, r8, ror #8
    sxtb16 r4, r7
    sxtb16 r7, r7, ror #8
    stm r3!, {r4, r5, r6, lr}
    stm r3!, {r7, r8, r9, r10}
    subs r2, r2, #4
    bhs .Lfours
.Ltail:
    adds r2, r2, #4
    beq .Lend
    mov r12, #4
.Lpixels:
    ldrsb r4, [r0]
    mov r5, #0
    mov r6, #0
    cmp r2, #2
    it hs
    ldrsbhs r5, [r0, #1]
    it hi
    ldrsbhi r6, [r0, #2]
    pkhbt r4, r4, r6, lsl #16
    uxth r5, r5
    str r5, [r3, #16]
    str r4, [r3], #4
    add r0, r0, r1
    subs r12, r12, #1
    bne .Lpixels
.Lend:
    pop {r4-r11, pc}
    .size tm_widen_s8, . - tm_widen_s8

/* SPDX-License-Identifier: Apache-2.0
 *
 * A tap of four pixels at a time. tm_spread.c is the same in C. */
    .syntax unified
    .thumb

#define RUNS 16
#define BETWEEN 20

/* r4: words of a run, r7 to r10: where the pixels' are, r12: those that are left, lr: runs. */
    .macro strip bytes
    ldr r0, [sp]
    ldr lr, [r0, #RUNS]
1:
    mov r12, r4
    mov r7, r1
    add r8, r7, r3
    add r9, r8, r3
    add r10, r9, r3
2:
    ldr r0, [r7], #\bytes
    ldr r11, [r8], #\bytes
    strd r0, r11, [r2], #8
    ldr r0, [r9], #\bytes
    ldr r11, [r10], #\bytes
    strd r0, r11, [r2], #8
    subs r12, r12, #1
    bne 2b
    ldr r0, [sp]
    ldr r0, [r0, #BETWEEN]
    add r1, r1, r0, lsl #2
    subs lr, lr, #1
    bne 1b
    .endm

    .section .text.tm_spread, "ax", %progbits
    .balign 4
    .global tm_spread
    .type tm_spread, %function
    .thumb_func
tm_spread:
    push {r0, r4-r11, lr}
    ldm r0, {r3-r6}
    lsl r3, r3, #2
.Lstrips:
    subs r6, r6, #2
    blo .Llast
    strip 4
    add r1, r1, r5, lsl #2
    b .Lstrips
.Llast:
    adds r6, r6, #2
    beq .Lend
    add r4, r4, #1
    lsr r4, r4, #1
    strip 8
.Lend:
    pop {r0, r4-r11, pc}
    .size tm_spread, . - tm_spread

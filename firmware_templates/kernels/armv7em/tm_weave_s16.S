/* SPDX-License-Identifier: Apache-2.0
 *
 * Words of four rows side by side. tm_weave_s16.c is the same in C. */
    .syntax unified
    .thumb

/* r0 to r3 rows, r8 where they are put. */
    .macro word
    ldr r4, [r0], #4
    ldr r5, [r1], #4
    ldr r6, [r2], #4
    ldr r7, [r3], #4
    stm r8!, {r4-r7}
    .endm

    .section .text.tm_weave_s16, "ax", %progbits
    .balign 4
    .global tm_weave_s16
    .type tm_weave_s16, %function
    .thumb_func
/* r9 how many numbers are left, less than those of a round. */
tm_weave_s16:
    push {r4-r9, lr}
    mov r8, r2
    subs r9, r1, #8
    ldm r0, {r0-r3}
    blo .Lrest
.Leights:
    .rept 4
    word
    .endr
    subs r9, r9, #8
    bhs .Leights
.Lrest:
    adds r9, r9, #6
    bmi .Llast
.Ltwo:
    word
    subs r9, r9, #2
    bpl .Ltwo
.Llast:
    lsls r9, r9, #31
    beq .Lend
    ldrh r4, [r0]
    ldrh r5, [r1]
    ldrh r6, [r2]
    ldrh r7, [r3]
    stm r8, {r4-r7}
.Lend:
    pop {r4-r9, pc}
    .size tm_weave_s16, . - tm_weave_s16

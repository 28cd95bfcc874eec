/* SPDX-License-Identifier: Apache-2.0
 *
 * Eight output channels at a time, then two. tm_row_s8.c is the same in C. */
    .syntax unified
    .thumb

/* On the stack: where the inputs start, where their fours end, where in the loop to enter ... */
#define IN 0
#define FOURS_END 4
#define ENTRY 8
#define REST 12
#define SCALES 16
#define SCALE_STEP 20
#define OUT 24
#define COUNT 28
#define FRAME 32
#define SAVED 36
#ifdef __OPTIMIZE_SIZE__
#define UNROLLED 2
#else
#define UNROLLED 8
#endif
#define FOUR_BYTES 124

/* r0 inputs, r1 weights. Four inputs in r2 become words of two in r2 and r3. */
    .macro widen
    sxtb16 r3, r2, ror #8
    sxtb16 r2, r2
    .endm

/* Four inputs by two channels: a is the sum of the first, mixed 256 times the other's and a. */
    .macro pair a, mixed
    ldrd r12, lr, [r1], #8
    smlad \mixed, r12, r2, \mixed
    sxtb16 r12, r12
    smlad \a, r12, r2, \a
    smlad \mixed, lr, r3, \mixed
    sxtb16 lr, lr
    smlad \a, lr, r3, \a
    .endm

    .macro four_pairs
    widen
    pair r4, r5
    pair r6, r7
    pair r8, r9
    pair r10, r11
    .endm

/* What is left over of the inputs, one to three, in r2; flags are of their number less two. */
    .macro load_rest
    ldrb r2, [r0]
    itt hs
    ldrbhs r3, [r0, #1]
    orrhs r2, r2, r3, lsl #8
    itt hi
    ldrbhi r3, [r0, #2]
    orrhi r2, r2, r3, lsl #16
    .endm

/* A sum, times 2, to an output: rounds twice, ties away from zero the second time. */
    .macro scale sum, place, byte
    ldrd r2, r12, [r0, #\place]
    ldrb r3, [r0, #\byte]
    add r12, r12, \sum, asr #31
    smmlar \sum, \sum, r2, r12
    asr \sum, \sum, r3
    ssat \sum, #8, \sum, asr #1
    .endm

    .macro outputs a, mixed
    sub \mixed, \mixed, \a
    lsl \a, \a, #1
    asr \mixed, \mixed, #7
    scale \a, 0, 16
    scale \mixed, 8, 17
    .endm

    .section .text.tm_row_s8, "ax", %progbits
    .balign 4
    .global tm_row_s8
    .type tm_row_s8, %function
    .thumb_func
tm_row_s8:
    push {r4-r11, lr}
    sub sp, sp, #FRAME
    ldm r0, {r4-r7}
    ldr r8, [sp, #(FRAME + SAVED)]
    str r1, [sp, #IN]
    add r9, r1, r4, lsl #2
    str r9, [sp, #FOURS_END]
    str r5, [sp, #REST]
    strd r3, r7, [sp, #SCALES]
    strd r8, r6, [sp, #OUT]
    rsb r4, r4, #0
    and r4, r4, #(UNROLLED - 1)
    mov r3, #FOUR_BYTES
    mul r4, r4, r3
    adr.w r3, .Lfours
    add r4, r4, r3
    orr r4, r4, #1
    str r4, [sp, #ENTRY]
    mov r1, r2
    cmp r6, #8
    blt .Lpairs

.Leights:
    ldr r0, [sp, #IN]
    ldm r1!, {r4-r11}
    ldr r12, [sp, #FOURS_END]
    cmp r0, r12
    beq .Lrest_of_eight
    ldr pc, [sp, #ENTRY]
    .balign 4
.Lfours:
    .rept UNROLLED
    ldr r2, [r0], #4
    four_pairs
    .endr
    ldr r12, [sp, #FOURS_END]
    cmp r0, r12
    bne .Lfours
.Lrest_of_eight:
    ldr r12, [sp, #REST]
    cmp r12, #0
    beq .Lscale_eight
    cmp r12, #2
    load_rest
    four_pairs
.Lscale_eight:
    ldrd r0, lr, [sp, #SCALES]
    outputs r4, r5
    add r0, r0, lr
    outputs r6, r7
    add r0, r0, lr
    outputs r8, r9
    add r0, r0, lr
    outputs r10, r11
    add r0, r0, lr
    str r0, [sp, #SCALES]
    ldrd r2, r3, [sp, #OUT]
    strb r4, [r2], #1
    strb r5, [r2], #1
    strb r6, [r2], #1
    strb r7, [r2], #1
    strb r8, [r2], #1
    strb r9, [r2], #1
    strb r10, [r2], #1
    strb r11, [r2], #1
    sub r3, r3, #8
    strd r2, r3, [sp, #OUT]
    cmp r3, #8
    bge .Leights
    cmp r3, #0
    beq .Lend

.Lpairs:
    ldr r0, [sp, #IN]
    ldr r4, [r1], #4
    ldr r5, [r1], #4
    ldr r6, [sp, #FOURS_END]
    b .Lnext_four
.Lfour:
    ldr r2, [r0], #4
    widen
    pair r4, r5
.Lnext_four:
    cmp r0, r6
    bne .Lfour
    ldr r12, [sp, #REST]
    cmp r12, #0
    beq .Lscale_pair
    cmp r12, #2
    load_rest
    widen
    pair r4, r5
.Lscale_pair:
    ldrd r0, lr, [sp, #SCALES]
    outputs r4, r5
    add r0, r0, lr
    str r0, [sp, #SCALES]
    ldrd r2, r3, [sp, #OUT]
    strb r4, [r2], #1
    subs r3, r3, #2
    blt .Lend
    strb r5, [r2], #1
    strd r2, r3, [sp, #OUT]
    bne .Lpairs
.Lend:
    add sp, sp, #FRAME
    pop {r4-r11, pc}
    .size tm_row_s8, . - tm_row_s8

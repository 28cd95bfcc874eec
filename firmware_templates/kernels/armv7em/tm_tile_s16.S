/* SPDX-License-Identifier: Apache-2.0
 *
 * Four pixels times two output channels at a time. tm_tile_s16.c is the same in C. */
    .syntax unified
    .thumb

/* On the stack: where the inputs start, where in the unrolled loop to enter ... */
#define X_START 0
#define ENTRY 4
#define OUT 8
#define OUT_STEP 12
#define COUNT 16
#define LEAST 20
#define X_END 24
#define FRAME 32
#ifdef __OPTIMIZE_SIZE__
#define UNROLLED 2
#else
#define UNROLLED 8
#endif
#define PAIR_BYTES 52

/* Two inputs of four pixels by two channels: r0 inputs, r1 weights, r4 to r7 sums of a, r8 to r11
 * of b. */
    .macro pair
    ldr.w r12, [r1], #4
    sxtb16 lr, r12, ror #8
    sxtb16 r12, r12
    ldrd r2, r3, [r0], #8
    smlad r4, r12, r2, r4
    smlad r8, lr, r2, r8
    smlad r5, r12, r3, r5
    smlad r9, lr, r3, r9
    ldrd r2, r3, [r0], #8
    smlad r6, r12, r2, r6
    smlad r10, lr, r2, r10
    smlad r7, r12, r3, r7
    smlad r11, lr, r3, r11
    .endm

    .macro scale a, b
    smmulr \a, \a, r2
    smmulr \b, \b, r3
    ssat \a, #16, \a
    ssat \b, #16, \b
    .endm

    .macro hold a, b
    usat \a, #15, \a
    usat \b, #15, \b
    .endm

    .section .text.tm_tile_s16, "ax", %progbits
    .balign 4
    .global tm_tile_s16
    .type tm_tile_s16, %function
    .thumb_func
tm_tile_s16:
    push {r4-r11, lr}
    sub sp, sp, #FRAME
    ldm r0, {r4-r7}
    strd r3, r6, [sp, #OUT]
    strd r5, r7, [sp, #COUNT]
    add r3, r1, r4, lsl #4
    str r3, [sp, #X_END]
    rsb r4, r4, #0
    and r4, r4, #(UNROLLED - 1)
    mov r3, #PAIR_BYTES
    mul r4, r4, r3
    adr r3, .Lpairs
    add r4, r4, r3
    orr r4, r4, #1
    strd r1, r4, [sp, #X_START]
    mov r1, r2

.Lchannels:
    ldrd r4, r8, [r1], #8
    ldr r0, [sp, #X_START]
    mov r5, r4
    mov r6, r4
    mov r7, r4
    mov r9, r8
    mov r10, r8
    mov r11, r8
    ldr pc, [sp, #ENTRY]
    .balign 4
.Lpairs:
    .rept UNROLLED
    pair
    .endr
    ldr r12, [sp, #X_END]
    cmp r0, r12
    bne .Lpairs
    ldrd r2, r3, [r1], #8
    ldrd r12, lr, [sp, #COUNT]
    scale r4, r8
    scale r5, r9
    scale r6, r10
    scale r7, r11
    cmp lr, #0
    bne .Lstore
    hold r4, r8
    hold r5, r9
    hold r6, r10
    hold r7, r11
.Lstore:
    ldrd r2, r3, [sp, #OUT]
    add lr, r2, r3
    subs r12, r12, #2 /* nothing down to the branch back changes the flags */
    bmi .Llast
    pkhbt r4, r4, r8, lsl #16
    pkhbt r5, r5, r9, lsl #16
    pkhbt r6, r6, r10, lsl #16
    pkhbt r7, r7, r11, lsl #16
    str r5, [r2, r3]
    str r6, [r2, r3, lsl #1]
    str r7, [lr, r3, lsl #1]
    str r4, [r2], #4
    str r12, [sp, #COUNT]
    str r2, [sp, #OUT]
    bne .Lchannels
    b .Lend
.Llast:
    strh r4, [r2]
    strh r5, [r2, r3]
    strh r6, [r2, r3, lsl #1]
    strh r7, [lr, r3, lsl #1]
.Lend:
    add sp, sp, #FRAME
    pop {r4-r11, pc}
    .size tm_tile_s16, . - tm_tile_s16

/* SPDX-License-Identifier: Apache-2.0
 *
 * One row of inputs times four output channels at a time. tm_row_s16.c is the same in C. */
    .syntax unified
    .thumb

/* On the stack: where the inputs start, where in the unrolled loop to enter ... */
#define X_START 0
#define ENTRY 4
#define COUNT 8
#define LEAST 12
#define IS_ODD 16
#define FRAME 24
#ifdef __OPTIMIZE_SIZE__
#define UNROLLED 2
#else
#define UNROLLED 8
#endif
#define TWO_BYTES 32

/* Two inputs, r2, by two channels, \weights: lr is spare. */
    .macro two weights, a, low, high
    sxtb16 lr, \weights
    smlald \low, \high, r2, \weights
    smlad \a, r2, lr, \a
    .endm

    .macro four
    ldrd r3, r12, [r1], #8
    two r3, r4, r5, r6
    two r12, r7, r8, r9
    .endm

    .macro start a, low, high
    ldr \a, [r1], #4
    mov \low, \a
    asr \high, \a, #31
    .endm

/* Sums to two outputs, \a and \low. */
    .macro finish a, low, high
    ldm r1!, {r2, r3, r12}
    subs \low, \low, \a
    sbc \high, \high, \a, asr #31
    add r2, r2, \low, lsr #8
    add \low, r2, \high, lsl #24
    smmulr \a, \a, r3
    smmulr \low, \low, r12
    ssat \a, #16, \a
    ssat \low, #16, \low
    ldr r2, [sp, #LEAST]
    cbnz r2, 1f
    usat \a, #15, \a
    usat \low, #15, \low
1:
    .endm

    .section .text.tm_row_s16, "ax", %progbits
    .balign 4
    .global tm_row_s16
    .type tm_row_s16, %function
    .thumb_func
/* r0 inputs, r1 table, r10 where pairs of inputs end, r11 outputs. */
tm_row_s16:
    push {r4-r11, lr}
    sub sp, sp, #FRAME
    ldm r0, {r4-r6}
    mov r0, r1
    mov r1, r2
    mov r11, r3
    and r7, r4, #1
    strd r5, r6, [sp, #COUNT]
    str r7, [sp, #IS_ODD]
    asrs r4, r4, #1
    add r10, r0, r4, lsl #2
    adr r3, .Lodd
    beq .Lstart
    rsb r4, r4, #0
    and r4, r4, #(UNROLLED - 1)
    adr r3, .Lpairs
    add r3, r3, r4, lsl #5
.Lstart:
    orr r3, r3, #1
    strd r0, r3, [sp, #X_START]
.Lchannels:
    ldr r0, [sp, #X_START]
    ldr r12, [sp, #COUNT]
    cmp r12, #2
    ble .Ltwo
    start r4, r5, r6
    start r7, r8, r9
    ldr pc, [sp, #ENTRY]
    .balign 4
.Lpairs:
    .rept UNROLLED
    ldr.w r2, [r0], #4
    four
    .endr
    cmp r0, r10
    bne .Lpairs
    .balign 4
.Lodd:
    ldr r2, [sp, #IS_ODD]
    cbz r2, .Lfinish
    ldrh r2, [r0]
    four
.Lfinish:
    finish r4, r5, r6
    finish r7, r8, r9
    strh r4, [r11], #2
    strh r5, [r11], #2
    strh r7, [r11], #2
    ldr r12, [sp, #COUNT]
    subs r12, r12, #4
    bmi .Lend
    strh r8, [r11], #2
    str r12, [sp, #COUNT]
    bne .Lchannels
    b .Lend
.Ltwo:
    start r4, r5, r6
    cmp r0, r10
    beq .Ltwo_odd
.Ltwo_pairs:
    ldr r2, [r0], #4
    ldr r3, [r1], #4
    two r3, r4, r5, r6
    cmp r0, r10
    bne .Ltwo_pairs
.Ltwo_odd:
    ldr r2, [sp, #IS_ODD]
    cbz r2, .Ltwo_finish
    ldrh r2, [r0]
    ldr r3, [r1], #4
    two r3, r4, r5, r6
.Ltwo_finish:
    finish r4, r5, r6
    ldr r12, [sp, #COUNT]
    strh r4, [r11], #2
    cmp r12, #2
    bne .Lend
    strh r5, [r11]
.Lend:
    add sp, sp, #FRAME
    pop {r4-r11, pc}
    .size tm_row_s16, . - tm_row_s16

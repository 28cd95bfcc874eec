/* SPDX-License-Identifier: Apache-2.0
 *
 * Two pixels times four channels at a time. tm_depthwise_3x3_s8.c is the same in C. */
    .syntax unified
    .thumb

/* On the stack: where the inputs of each tap are, then ... */
#define CHANNEL 48
#define LAST 52
#define ROUNDING 56
#define OUT 60
#define OUT_STEP 64
#define CHANNELS 68
#define FRAME 72
#define CHANNEL_BYTES 12
#define SAVED 36

/* r0 weights, r1 channel. Sums of the first pixel are in r4 to r7, of the other in r8 to r11. */
    .macro input place
    ldr r2, [sp, #(\place)]
    ldr r2, [r2, r1]
    sxtb16 r3, r2, ror #8
    sxtb16 r2, r2
    .endm

    .macro weight
    ldr r12, [r0], #4
    sxtb16 lr, r12, ror #8
    sxtb16 r12, r12
    .endm

    .macro products a, b, c, d
    smlabb \a, r2, r12, \a
    smlabb \b, r3, lr, \b
    smlatt \c, r2, r12, \c
    smlatt \d, r3, lr, \d
    .endm

    .macro column place
    input \place
    weight
    products r4, r5, r6, r7
    input \place + 4
    products r8, r9, r10, r11
    weight
    products r4, r5, r6, r7
    input \place + 8
    products r8, r9, r10, r11
    weight
    products r4, r5, r6, r7
    input \place + 12
    products r8, r9, r10, r11
    .endm

/* A sum to an output: rounds twice, ties away from zero the second time. */
    .macro scale sum
    lsl \sum, \sum, #1
    add lr, r12, \sum, asr #31
    smmlar \sum, \sum, r2, lr
    asr \sum, \sum, r3
    ssat \sum, #8, \sum, asr #1
    .endm

    .macro outputs channel, one, two
    ldrd r2, r3, [r1, #(CHANNEL_BYTES * \channel + 4)]
    ldr r12, [sp, #ROUNDING]
    lsl r12, r12, r3
    scale \one
    scale \two
    .endm

    .section .text.tm_depthwise_3x3_s8, "ax", %progbits
    .balign 4
    .global tm_depthwise_3x3_s8
    .type tm_depthwise_3x3_s8, %function
    .thumb_func
tm_depthwise_3x3_s8:
    push {r4-r11, lr}
    sub sp, sp, #FRAME
    ldr r12, [sp, #(FRAME + SAVED)]
    ldm r0, {r4-r6}
    strd r4, r5, [sp, #LAST]
    strd r12, r6, [sp, #OUT]
    str r3, [sp, #CHANNELS]
    mov r0, r2
    mov r3, sp
    .rept 3
    ldm r1!, {r4-r7}
    stm r3!, {r4-r7}
    .endr
    mov r1, #0
.Lchannels:
    ldr r2, [sp, #CHANNELS]
    ldr r4, [r2]
    ldr r5, [r2, #CHANNEL_BYTES]
    ldr r6, [r2, #(2 * CHANNEL_BYTES)]
    ldr r7, [r2, #(3 * CHANNEL_BYTES)]
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
    column 0
    column 16
    column 32
    str r1, [sp, #CHANNEL]
    ldr r1, [sp, #CHANNELS]
    outputs 0, r4, r8
    outputs 1, r5, r9
    outputs 2, r6, r10
    outputs 3, r7, r11
    bfi r4, r5, #8, #8
    bfi r8, r9, #8, #8
    bfi r4, r6, #16, #8
    bfi r8, r10, #16, #8
    bfi r4, r7, #24, #8
    bfi r8, r11, #24, #8
    ldrd r2, r3, [sp, #OUT]
    ldrd r12, lr, [sp, #CHANNEL]
    add r2, r2, r12
    str r8, [r2, r3]
    str r4, [r2]
    add r1, r1, #(4 * CHANNEL_BYTES)
    str r1, [sp, #CHANNELS]
    add r1, r12, #4
    cmp r1, lr
    ble .Lchannels
    sub r2, r1, lr
    mov r1, lr
    cmp r2, #4
    bne .Lchannels
    add sp, sp, #FRAME
    pop {r4-r11, pc}
    .size tm_depthwise_3x3_s8, . - tm_depthwise_3x3_s8

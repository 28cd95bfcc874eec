/* SPDX-License-Identifier: Apache-2.0
 *
 * Four channels of a pixel at a time. tm_depthwise_taps_s8.c is the same in C. */
    .syntax unified
    .thumb

/* On the stack: where the places of the taps start and end, where in the unrolled loop to enter ... */
#define AT 0
#define AT_END 4
#define ENTRY 8
#define LAST 12
#define CHANNELS 16
#define OUT 20
#define FRAME 24
#define CHANNEL_BYTES 12
#define SAVED 36
#ifdef __OPTIMIZE_SIZE__
#define UNROLLED 2
#else
#define UNROLLED 4
#endif
#define TAP_BYTES 44

/* r0 weights, r1 channel, r8 places of taps. The sums are in r4 to r7. */
    .macro tap
    ldr r2, [r8], #4
    ldr.w r2, [r2, r1]
    ldr r12, [r0], #4
    sxtb16 r3, r2, ror #8
    sxtb16 r2, r2
    sxtb16 lr, r12, ror #8
    sxtb16 r12, r12
    smlabb r4, r2, r12, r4
    smlabb r5, r3, lr, r5
    smlatt r6, r2, r12, r6
    smlatt r7, r3, lr, r7
    .endm

/* A sum to an output: rounds twice, ties away from zero the second time. */
    .macro output channel, sum
    ldrd r2, r3, [r8, #(CHANNEL_BYTES * \channel + 4)]
    lsl r12, r9, r3
    lsl \sum, \sum, #1
    add r12, r12, \sum, asr #31
    smmlar \sum, \sum, r2, r12
    asr \sum, \sum, r3
    ssat \sum, #8, \sum, asr #1
    .endm

    .section .text.tm_depthwise_taps_s8, "ax", %progbits
    .balign 4
    .global tm_depthwise_taps_s8
    .type tm_depthwise_taps_s8, %function
    .thumb_func
tm_depthwise_taps_s8:
    push {r4-r11, lr}
    sub sp, sp, #FRAME
    ldr r12, [sp, #(FRAME + SAVED)]
    ldm r0, {r4-r7}
    add r8, r1, r7, lsl #2
    strd r1, r8, [sp, #AT]
    str r4, [sp, #LAST]
    strd r3, r12, [sp, #CHANNELS]
    rsb r7, r7, #0
    and r7, r7, #(UNROLLED - 1)
    mov r3, #TAP_BYTES
    mul r7, r7, r3
    adr.w r3, .Ltaps
    add r7, r7, r3
    orr r7, r7, #1
    str r7, [sp, #ENTRY]
    mov r0, r2
    mov r1, #0
    mov r9, r5
    ldr r10, [sp, #AT_END]
.Lchannels:
    ldr r8, [sp, #CHANNELS]
    ldr r4, [r8]
    ldr r5, [r8, #CHANNEL_BYTES]
    ldr r6, [r8, #(2 * CHANNEL_BYTES)]
    ldr r7, [r8, #(3 * CHANNEL_BYTES)]
    ldr r8, [sp, #AT]
    ldr pc, [sp, #ENTRY]
    .balign 4
.Ltaps:
    .rept UNROLLED
    tap
    .endr
    cmp r8, r10
    bne .Ltaps
    ldr r8, [sp, #CHANNELS]
    output 0, r4
    output 1, r5
    output 2, r6
    output 3, r7
    bfi r4, r5, #8, #8
    bfi r4, r6, #16, #8
    bfi r4, r7, #24, #8
    ldr r2, [sp, #OUT]
    str r4, [r2, r1]
    add r8, r8, #(4 * CHANNEL_BYTES)
    str r8, [sp, #CHANNELS]
    ldr r3, [sp, #LAST]
    add r1, r1, #4
    cmp r1, r3
    ble .Lchannels
    sub r2, r1, r3
    mov r1, r3
    cmp r2, #4
    bne .Lchannels
    add sp, sp, #FRAME
    pop {r4-r11, pc}
    .size tm_depthwise_taps_s8, . - tm_depthwise_taps_s8

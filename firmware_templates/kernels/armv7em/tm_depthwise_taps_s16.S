/* SPDX-License-Identifier: Apache-2.0
 *
 * Four channels of a pixel at a time. tm_depthwise_taps_s16.c is the same in C. */
    .syntax unified
    .thumb

/* On the stack: where the places of the taps start, where in the unrolled loop to enter ... */
#define AT 0
#define ENTRY 4
#define LAST 8
#define LEAST 12
#define FRAME 16
#ifdef __OPTIMIZE_SIZE__
#define UNROLLED 2
#else
#define UNROLLED 4
#endif
#define TAP_BYTES 40

/* r0 weights, r1 and r9 two channels each, r8 places of taps. The sums are in r4 to r7. */
    .macro tap
    ldr r2, [r8], #4
    ldr.w r3, [r2, r1]
    ldr.w r2, [r2, r9]
    ldr.w r12, [r0], #4
    sxtb16 lr, r12, ror #8
    sxtb16 r12, r12
    smlabb r4, r3, r12, r4
    smlatb r5, r3, lr, r5
    smlabt r6, r2, r12, r6
    smlatt r7, r2, lr, r7
    .endm

    .macro scale sum, multiplier
    smmulr \sum, \sum, \multiplier
    ssat \sum, #16, \sum
    .endm

    .section .text.tm_depthwise_taps_s16, "ax", %progbits
    .balign 4
    .global tm_depthwise_taps_s16
    .type tm_depthwise_taps_s16, %function
    .thumb_func
/* r10 where the places end, r11 outputs. */
tm_depthwise_taps_s16:
    push {r4-r11, lr}
    sub sp, sp, #FRAME
    ldm r0, {r4-r6}
    strd r5, r6, [sp, #LAST]
    add r10, r1, r4, lsl #2
    rsb r4, r4, #0
    and r4, r4, #(UNROLLED - 1)
    mov r7, #TAP_BYTES
    mul r4, r4, r7
    adr r7, .Ltaps
    add r4, r4, r7
    orr r4, r4, #1
    strd r1, r4, [sp, #AT]
    mov r0, r2
    mov r11, r3
    mov r1, #0
.Lchannels:
    add r9, r1, #4
    ldm r0!, {r4-r7}
    ldr r8, [sp, #AT]
    ldr pc, [sp, #ENTRY]
    .balign 4
.Ltaps:
    .rept UNROLLED
    tap
    .endr
    cmp r8, r10
    bne .Ltaps
    ldm r0!, {r2, r3, r12, lr}
    scale r4, r2
    scale r5, r3
    scale r6, r12
    scale r7, lr
    ldrd r3, r2, [sp, #LAST]
    cbnz r2, .Lstore
    usat r4, #15, r4
    usat r5, #15, r5
    usat r6, #15, r6
    usat r7, #15, r7
.Lstore:
    pkhbt r4, r4, r5, lsl #16
    pkhbt r6, r6, r7, lsl #16
    str r4, [r11, r1]
    str r6, [r11, r9]
    add r1, r1, #8
    cmp r1, r3
    ble .Lchannels
    sub r2, r1, r3
    mov r1, r3
    cmp r2, #8
    bne .Lchannels
    add sp, sp, #FRAME
    pop {r4-r11, pc}
    .size tm_depthwise_taps_s16, . - tm_depthwise_taps_s16

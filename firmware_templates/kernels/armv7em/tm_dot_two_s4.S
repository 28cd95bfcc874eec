/* SPDX-License-Identifier: Apache-2.0
 *
 * Eight inputs times two rows at a time, then two inputs. tm_dot_two_s4.c is the same in C. */
    .syntax unified
    .thumb

/* Products are 16 times too large: so many are within 32 bits. A multiple of eight. */
#define CHUNK 65536

/* r7 to r10: inputs 0 and 4, 2 and 6, 1 and 5, 3 and 7; r12: eight weights of a row. */
    .macro row sum
    and r11, r12, #0xF0F0F0F0
    lsl r12, r12, #4
    and r12, r12, #0xF0F0F0F0
    sxtb16 lr, r12
    smlad \sum, r7, lr, \sum
    sxtb16 lr, r12, ror #8
    smlad \sum, r8, lr, \sum
    sxtb16 lr, r11
    smlad \sum, r9, lr, \sum
    sxtb16 lr, r11, ror #8
    smlad \sum, r10, lr, \sum
    .endm

/* One or two inputs, r7 and r8; r12: two weights of a row. */
    .macro pair sum
    sbfx r11, r12, #0, #4
    sbfx r12, r12, #4, #4
    mla \sum, r7, r11, \sum
    mla \sum, r8, r12, \sum
    .endm

    .section .text.tm_dot_two_s4, "ax", %progbits
    .balign 4
    .global tm_dot_two_s4
    .type tm_dot_two_s4, %function
    .thumb_func
/* r0 length that is left, r1 x, r2 weights, r3 row_bytes, r4 and r5 sums, r6 where a chunk ends. */
tm_dot_two_s4:
    push {r0, r4-r11, lr}
    ldr r0, [sp, #40]
.Lchunk:
    mov r4, #0
    mov r5, #0
    bic r6, r0, #7
    cmp r6, #CHUNK
    it hi
    movhi r6, #CHUNK
    sub r0, r0, r6
    adds r6, r6, r1
    cmp r1, r6
    beq .Ladd
.Leights:
    ldr r8, [r1], #4
    ldr r10, [r1], #4
    sxtb16 r7, r8
    sxtb16 r9, r8, ror #8
    sxtb16 r8, r10
    sxtb16 r10, r10, ror #8
    pkhtb r11, r8, r7, asr #16
    pkhbt r7, r7, r8, lsl #16
    mov r8, r11
    pkhtb r11, r10, r9, asr #16
    pkhbt r9, r9, r10, lsl #16
    mov r10, r11
    ldr r12, [r2, r3]
    row r5
    ldr r12, [r2], #4
    row r4
    cmp r1, r6
    bne .Leights
.Ladd:
    ldr r12, [sp]
    ldrd r7, r8, [r12]
    add r7, r7, r4, asr #4
    add r8, r8, r5, asr #4
    cmp r0, #8
    strd r7, r8, [r12]
    bhs .Lchunk
    mov r4, r7
    mov r5, r8
    cbz r0, .Lend
.Lpair:
    ldrsb r7, [r1], #1
    cmp r0, #1
    mov r8, #0
    it hi
    ldrsbhi r8, [r1], #1
    ldrb r12, [r2, r3]
    pair r5
    ldrb r12, [r2], #1
    pair r4
    subs r0, r0, #2
    bhi .Lpair
    ldr r12, [sp]
    strd r4, r5, [r12]
.Lend:
    pop {r0, r4-r11, pc}
    .size tm_dot_two_s4, . - tm_dot_two_s4

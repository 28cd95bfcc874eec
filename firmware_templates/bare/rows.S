/* SPDX-License-Identifier: Apache-2.0 */
    .section .rodata.tm_bare_rows, "a"
    .balign 16
    .global tm_bare_rows
tm_bare_rows:
    .incbin "rows.bin"

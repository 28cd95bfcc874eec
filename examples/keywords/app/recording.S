/* SPDX-License-Identifier: Apache-2.0
 *
 * recording.pcm: the words "go" and "stop", spoken by espeak-ng in a voice of the test split; 16-bit
 * samples, 16,000 a second. */
    .section .rodata.recording, "a"
    .balign 4
    .global recording
    .global recording_end
recording:
    .incbin "recording.pcm"
recording_end:
#if defined(__linux__) && defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif

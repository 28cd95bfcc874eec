/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands and answers that prove themselves, for a line that loses or changes bytes. */
#ifndef TM_EXACT_H
#define TM_EXACT_H

#include "tm_protocol_state.h"

/* Reads "CRC TAG", the words before the command proper; says what is wrong if the CRC-32 of all
 * behind it is another. From here on every line of the answer carries the tag, its number and a
 * CRC-32. */
bool tm_exact_begin(tm_protocol *protocol);
/* Says how many lines there were. */
void tm_exact_end(tm_protocol *protocol);

#endif

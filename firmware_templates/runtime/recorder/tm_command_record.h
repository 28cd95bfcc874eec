/* SPDX-License-Identifier: Apache-2.0
 *
 * tm record: what tm_device.more is in a firmware that records. */
#ifndef TM_COMMAND_RECORD_H
#define TM_COMMAND_RECORD_H

#include "tm_protocol_state.h"

/* Returns whether the command's word behind "tm" is its own; answers it then. */
bool tm_command_record(tm_protocol *protocol, const char *word);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the protocol: an inference that says what each layer takes. */
#ifndef TM_LAYERS_H
#define TM_LAYERS_H

#include "tm_protocol_state.h"

/* As tm_command_infer_once, with a line for each layer; cycles is then the sum of the layers'. */
bool tm_layers_infer_once(tm_protocol *protocol);

#endif

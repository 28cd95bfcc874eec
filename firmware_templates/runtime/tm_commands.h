/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the protocol: the commands with files of their own. Each finds its words behind rest. */
#ifndef TM_COMMANDS_H
#define TM_COMMANDS_H

#include "tm_protocol_state.h"

void tm_command_db(tm_protocol *protocol);
void tm_command_feed(tm_protocol *protocol);
void tm_command_infer(tm_protocol *protocol);
void tm_command_results(tm_protocol *protocol);
void tm_command_timestamp(tm_protocol *protocol);
void tm_command_put(tm_protocol *protocol);
void tm_command_run(tm_protocol *protocol);
void tm_command_tm(tm_protocol *protocol);
/* Copies the input to the model and runs it once; says so if it did not run. */
bool tm_command_infer_once(tm_protocol *protocol);
/* Copies the input to the model, where it does not stand there already: an inference may overwrite
 * it, and it counts as used. */
void tm_command_set_inputs(tm_protocol *protocol);
/* Returns whether no inference has used the input since it was loaded; says so if one has. */
bool tm_command_has_fresh_input(tm_protocol *protocol);
/* Returns whether the model ran, by the code of tm_model_invoke; says so if it did not. */
bool tm_command_did_run(tm_protocol *protocol, int code);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a generated model.c gives to tm_aot.c. */
#ifndef TM_AOT_H
#define TM_AOT_H

#include "tm_model.h"

typedef struct {
    const tm_tensor *inputs;        /* tm_model.inputs of them */
    const tm_tensor *outputs;       /* tm_model.outputs of them */
    const char *const *layer_names; /* tm_model.layers of them */
} tm_aot_tables;

extern const tm_aot_tables tm_aot;

#endif

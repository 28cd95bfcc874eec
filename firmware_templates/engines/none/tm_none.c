/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_model.h for a firmware without a model. */
#include <stddef.h>

#include "tm_model.h"

const tm_model_info tm_model = {
    .name = "none",
    .engine = "none",
    .sha256 = "0000000000000000000000000000000000000000000000000000000000000000",
};

int tm_model_init(void) { return 0; }

const tm_tensor *tm_model_input(uint32_t index) {
    (void)index;
    return NULL;
}

const tm_tensor *tm_model_output(uint32_t index) {
    (void)index;
    return NULL;
}

const char *tm_model_layer_name(uint32_t layer) {
    (void)layer;
    return "";
}

void tm_model_reset(void) {}

int tm_model_invoke(tm_layer_hook hook, void *context) {
    (void)hook;
    (void)context;
    return 1;
}

bool tm_model_is_due(void) { return false; }

/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_app_samples.h"

#include <stddef.h>

#include "app_data.h"
#include "tm_model.h"
#include "tm_port.h"
#include "tm_tensor.h"

void tm_app_append_label(tm_text *text, uint32_t index) {
    if (index < tm_app.labels) {
        tm_text_string(text, tm_app.label[index]);
    } else {
        tm_text_unsigned(text, index);
    }
}

void tm_app_append_expected(tm_text *text, uint32_t sample) {
    if (tm_app.expected != NULL && tm_app.expected[sample] >= 0) {
        tm_text_string(text, " expected ");
        tm_app_append_label(text, (uint32_t)tm_app.expected[sample]);
    }
}

int32_t tm_app_run_sample(uint32_t step) {
    const uint32_t bytes = tm_model_input_bytes();
    if (tm_app.samples == 0 || tm_app.sample_bytes % bytes != 0) {
        return -1;
    }
    const uint32_t sample = step % tm_app.samples;
    tm_model_reset(); /* each sample stands for itself */
    /* Of a model that takes a window hop by hop, a sample is the hops that fill one. */
    for (uint32_t at = 0; at < tm_app.sample_bytes; at += bytes) {
        tm_model_set_inputs((const uint8_t *)tm_app.sample + sample * tm_app.sample_bytes + at);
        if (tm_model_invoke(NULL, NULL) != 0) {
            return -1;
        }
    }
    tm_port_led(step % 2u == 0 ? 255u : 0u);
    return (int32_t)sample;
}

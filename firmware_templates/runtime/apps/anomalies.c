/* SPDX-License-Identifier: Apache-2.0
 *
 * The samples in the firmware, one after the other: how far what the model gives back is from each,
 * and whether that is anomalous. The LED changes with each sample. */
#include "app_data.h"
#include "tm_app.h"
#include "tm_app_samples.h"
#include "tm_app_say.h"
#include "tm_model.h"
#include "tm_tensor.h"

const uint32_t tm_app_steps_a_second = 4;

/* The mean squared difference between input and output. The model's input may have been overwritten
 * by the inference: the sample itself is read. */
static float reconstruction_error(uint32_t sample) {
    const tm_tensor *const output = tm_model_output(0);
    tm_tensor input = *tm_model_input(0);
    const uint32_t count = tm_tensor_elements(output);
    float sum = 0.0f;
    input.data = (void *)(tm_app.sample + sample * tm_app.sample_bytes);
    for (uint32_t i = 0; i < count; i++) {
        const float apart = tm_tensor_value(&input, i) - tm_tensor_value(output, i);
        sum += apart * apart;
    }
    return sum / (float)count;
}

void tm_app_step(uint32_t step) {
    const int32_t sample = tm_app_run_sample(step);
    if (sample < 0 ||
        tm_tensor_elements(tm_model_input(0)) != tm_tensor_elements(tm_model_output(0))) {
        return;
    }
    const float error = reconstruction_error((uint32_t)sample);
    char line[160];
    tm_text text = tm_text_over(line, sizeof line);
    tm_text_string(&text, "sample ");
    tm_text_unsigned(&text, (uint32_t)sample);
    tm_text_string(&text, ": ");
    tm_app_append_label(&text, error > tm_app.threshold ? 1u : 0u);
    tm_text_string(&text, " (error ");
    tm_text_float(&text, error, 6);
    tm_text_string(&text, ")");
    tm_app_append_expected(&text, (uint32_t)sample);
    tm_app_say(&text);
}

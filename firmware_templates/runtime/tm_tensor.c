/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_tensor.h"

static uint32_t element_bytes(tm_type type) {
    switch (type) {
    case TM_INT8:
    case TM_UINT8:
    case TM_BOOL:
        return 1;
    case TM_INT16:
        return 2;
    case TM_INT32:
    case TM_FLOAT32:
        break;
    }
    return 4;
}

uint32_t tm_tensor_elements(const tm_tensor *tensor) {
    return tensor->bytes / element_bytes(tensor->type);
}

float tm_tensor_value(const tm_tensor *tensor, uint32_t index) {
    int32_t q = 0;
    switch (tensor->type) {
    case TM_INT8:
        q = ((const int8_t *)tensor->data)[index];
        break;
    case TM_INT16:
        q = ((const int16_t *)tensor->data)[index];
        break;
    case TM_INT32:
        q = ((const int32_t *)tensor->data)[index];
        break;
    case TM_UINT8:
    case TM_BOOL:
        q = ((const uint8_t *)tensor->data)[index];
        break;
    case TM_FLOAT32:
        return ((const float *)tensor->data)[index];
    }
    if (tensor->scale == 0.0f) { /* a number, and not a quantized one: an index, a truth */
        return (float)q;
    }
    return tensor->scale * ((float)q - (float)tensor->zero_point);
}

void tm_tensor_set(const tm_tensor *tensor, uint32_t index, float value) {
    if (tensor->type == TM_FLOAT32) {
        ((float *)tensor->data)[index] = value;
        return;
    }
    const float steps = value / tensor->scale + (float)tensor->zero_point;
    const float rounded = steps < 0.0f ? steps - 0.5f : steps + 0.5f;
    const int32_t most = tensor->type == TM_INT16 ? 32767 : 127;
    int32_t q = most;
    if (rounded < (float)most) {
        q = rounded > (float)(-most - 1) ? (int32_t)rounded : -most - 1;
    }
    if (tensor->type == TM_INT16) {
        ((int16_t *)tensor->data)[index] = (int16_t)q;
    } else {
        ((int8_t *)tensor->data)[index] = (int8_t)q;
    }
}

uint32_t tm_model_input_bytes(void) {
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < tm_model.inputs; i++) {
        bytes += tm_model_input(i)->bytes;
    }
    return bytes;
}

uint32_t tm_model_output_bytes(void) {
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < tm_model.outputs; i++) {
        bytes += tm_model_output(i)->bytes;
    }
    return bytes;
}

void tm_model_set_inputs(const uint8_t *bytes) {
    for (uint32_t i = 0; i < tm_model.inputs; i++) {
        const tm_tensor *const input = tm_model_input(i);
        uint8_t *const to = input->data;
        for (uint32_t k = 0; k < input->bytes; k++) {
            to[k] = *bytes++;
        }
    }
}

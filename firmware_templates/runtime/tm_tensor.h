/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and writing the tensors of tm_model.h as real numbers and as bytes. */
#ifndef TM_TENSOR_H
#define TM_TENSOR_H

#include "tm_model.h"

#ifdef __cplusplus
extern "C" {
#endif

uint32_t tm_tensor_elements(const tm_tensor *tensor);
/* scale * (q - zero_point), or the number itself for TM_FLOAT32 and for what is not quantized. */
float tm_tensor_value(const tm_tensor *tensor, uint32_t index);
/* The nearest q, half away from zero, within the type's range; for int8, int16 and float32. */
void tm_tensor_set(const tm_tensor *tensor, uint32_t index, float value);

/* All inputs (outputs) one after the other. */
uint32_t tm_model_input_bytes(void);
uint32_t tm_model_output_bytes(void);
/* Copies bytes, tm_model_input_bytes() long, into the inputs. */
void tm_model_set_inputs(const uint8_t *bytes);

#ifdef __cplusplus
}
#endif

#endif

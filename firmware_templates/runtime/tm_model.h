/* SPDX-License-Identifier: Apache-2.0
 *
 * What an engine must give: one model, ready to run. The runtime knows no more of it than this. */
#ifndef TM_MODEL_H
#define TM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TM_INT8, TM_INT16, TM_INT32, TM_FLOAT32, TM_BOOL, TM_UINT8 } tm_type;

/* A tensor that the world sees: real = scale * (q - zero_point), or q itself if scale is 0. */
typedef struct {
    void *data;
    uint32_t bytes;
    tm_type type;
    float scale;
    int32_t zero_point;
} tm_tensor;

typedef struct {
    const char *name;   /* a C identifier */
    const char *engine; /* "aot" or "tflm" */
    const char *sha256; /* of the .tflite file, 64 hex digits */
    uint32_t arena_bytes;
    uint32_t weights_bytes;
    uint32_t layers; /* how often the hook of tm_model_invoke is called */
    uint32_t inputs;
    uint32_t outputs;
    uint32_t state_bytes; /* of the arena: what survives from one inference to the next */
} tm_model_info;

extern const tm_model_info tm_model;

/* Called after each layer with its number, from 0; may be null. context is the caller's. */
typedef void (*tm_layer_hook)(void *context, uint32_t layer);

/* Once, before all else; resets the model. Returns 0, or a code that is not 0 if it cannot run. */
int tm_model_init(void);
const tm_tensor *tm_model_input(uint32_t index);
const tm_tensor *tm_model_output(uint32_t index);
/* The operator's name of a layer, as TFLite calls it. */
const char *tm_model_layer_name(uint32_t layer);
/* Sets what survives from one inference to the next to what it is at the start. */
void tm_model_reset(void);
/* Inputs may be overwritten: set them again before the next call. Returns 0 if it ran. */
int tm_model_invoke(tm_layer_hook hook, void *context);
/* Whether outputs were due with the last call: of a model that takes a window hop by hop, not
 * before the window is full; of any other, always. */
bool tm_model_is_due(void);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * tm_model.h by TensorFlow Lite Micro: the flatbuffer of model_data.c, interpreted. What is the
 * model's own stands in the generated tm_tflm_model.h. */
#include <new>

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/micro_profiler_interface.h"
#include "tensorflow/lite/micro/micro_resource_variable.h"
#include "tensorflow/lite/micro/system_setup.h"

extern "C" {
#include "tm_model.h"
}

#include "tm_tflm_model.h"

/* The emulator makes the arena smaller, to find the least that will do, and looks whether it did. */
extern "C" {
extern uint32_t tm_tflm_arena_bytes;
extern bool tm_tflm_is_ready;
uint32_t tm_tflm_arena_bytes = TM_TFLM_ARENA_BYTES;
bool tm_tflm_is_ready;
}

namespace {

/* TFLM calls it around each operator; what runs inside a loop or branch belongs to that. */
class LayerClock : public tflite::MicroProfilerInterface {
   public:
    uint32_t BeginEvent(const char *) override { return depth_++; }
    void EndEvent(uint32_t depth) override {
        depth_ = depth;
        if (depth == 0 && hook_ != nullptr) {
            hook_(context_, layer_++);
        }
    }
    void start(tm_layer_hook hook, void *context) {
        hook_ = hook;
        context_ = context;
        layer_ = 0;
        depth_ = 0;
    }

   private:
    tm_layer_hook hook_ = nullptr;
    void *context_ = nullptr;
    uint32_t layer_ = 0;
    uint32_t depth_ = 0;
};

using Resolver = tflite::MicroMutableOpResolver<TM_TFLM_OPERATORS>;

/* All are made in tm_model_init: nothing runs before main, so a constructor would not. */
alignas(16) uint8_t arena[TM_TFLM_ARENA_BYTES];
alignas(Resolver) uint8_t resolver_place[sizeof(Resolver)];
alignas(LayerClock) uint8_t clock_place[sizeof(LayerClock)];
alignas(tflite::MicroInterpreter) uint8_t interpreter_place[sizeof(tflite::MicroInterpreter)];
LayerClock *layer_clock;
tflite::MicroInterpreter *interpreter;
tm_tensor inputs[TM_TFLM_INPUTS];
tm_tensor outputs[TM_TFLM_OUTPUTS];

bool type_of(TfLiteType type, tm_type *found) {
    switch (type) {
    case kTfLiteInt8: *found = TM_INT8; return true;
    case kTfLiteInt16: *found = TM_INT16; return true;
    case kTfLiteInt32: *found = TM_INT32; return true;
    case kTfLiteFloat32: *found = TM_FLOAT32; return true;
    case kTfLiteBool: *found = TM_BOOL; return true;
    case kTfLiteUInt8: *found = TM_UINT8; return true;
    default: return false;
    }
}

bool describe(const TfLiteTensor *tensor, tm_tensor *out) {
    if (tensor == nullptr || !type_of(tensor->type, &out->type)) {
        return false;
    }
    out->data = tensor->data.data;
    out->bytes = static_cast<uint32_t>(tensor->bytes);
    out->scale = tensor->params.scale;
    out->zero_point = tensor->params.zero_point;
    return true;
}

/* TFLM's refusal, whatever its reason was: without an interpreter nothing runs. */
bool make_interpreter() {
    Resolver *const resolver = new (resolver_place) Resolver;
    layer_clock = new (clock_place) LayerClock;
    tflite::MicroAllocator *const allocator = tflite::MicroAllocator::Create(arena, tm_tflm_arena_bytes);
    if (!tm_tflm_add_operators(resolver) || allocator == nullptr) {
        return false;
    }
    tflite::MicroResourceVariables *const variables =
        TM_TFLM_VARIABLES > 0 ? tflite::MicroResourceVariables::Create(allocator, TM_TFLM_VARIABLES)
                              : nullptr;
    interpreter = new (interpreter_place) tflite::MicroInterpreter(tflite::GetModel(TM_TFLM_DATA), *resolver,
                                                                   allocator, variables, layer_clock);
    return interpreter->AllocateTensors() == kTfLiteOk;
}

bool describe_ends() {
    bool known = true;
    for (uint32_t i = 0; i < TM_TFLM_INPUTS; i++) {
        known = describe(interpreter->input(i), &inputs[i]) && known;
    }
    for (uint32_t i = 0; i < TM_TFLM_OUTPUTS; i++) {
        known = describe(interpreter->output(i), &outputs[i]) && known;
    }
    return known;
}

}  // namespace


/* What TFLM may ask of a C library that is not there: it never frees, and stops where it cannot go on. */
extern "C" void abort(void) { __builtin_trap(); }
void operator delete(void *) noexcept { abort(); }
void operator delete(void *, size_t) noexcept { abort(); }

extern "C" {

const tm_model_info tm_model = TM_TFLM_INFO;

int tm_model_init(void) {
    tflite::InitializeTarget();
    tm_tflm_is_ready = make_interpreter() && describe_ends();
    return tm_tflm_is_ready ? 0 : 1;
}

const tm_tensor *tm_model_input(uint32_t index) { return index < TM_TFLM_INPUTS ? &inputs[index] : nullptr; }

const tm_tensor *tm_model_output(uint32_t index) { return index < TM_TFLM_OUTPUTS ? &outputs[index] : nullptr; }

const char *tm_model_layer_name(uint32_t layer) { return layer < TM_TFLM_LAYERS ? tm_tflm_layer_names[layer] : ""; }

void tm_model_reset(void) {
    if (tm_tflm_is_ready) {
        (void)interpreter->Reset();
    }
}

int tm_model_invoke(tm_layer_hook hook, void *context) {
    if (!tm_tflm_is_ready) {
        return 1;
    }
    layer_clock->start(hook, context);
    return interpreter->Invoke() == kTfLiteOk ? 0 : 1;
}

bool tm_model_is_due(void) { return true; }
}

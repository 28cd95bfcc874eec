/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_cast.h"

/* Of uint32 the int32 of the same bits. */
static int32_t integer_at(const void *in, int32_t type, int32_t i) {
    switch (type) {
    case TM_CAST_INT8:
        return ((const int8_t *)in)[i];
    case TM_CAST_INT16:
        return ((const int16_t *)in)[i];
    case TM_CAST_INT32:
    case TM_CAST_UINT32:
        return ((const int32_t *)in)[i];
    default:
        return ((const uint8_t *)in)[i] != 0;
    }
}

/* Towards 0, held between the limits; 0 for what is not a number. */
static int32_t whole(float x, int32_t least, int32_t most) {
    if (x >= (float)most) {
        return most;
    }
    if (x <= (float)least) {
        return least;
    }
    return x == x ? (int32_t)x : 0;
}

/* As whole(), for a number without a sign; the int32 of the same bits. */
static int32_t unsigned_whole(float x) {
    if (x >= 4294967296.0f) {
        return -1;
    }
    return x > 0.0f ? (int32_t)(uint32_t)x : 0;
}

static float to_float(const void *in, int32_t type, int32_t i) {
    if (type == TM_CAST_FLOAT32) {
        return ((const float *)in)[i];
    }
    const int32_t x = integer_at(in, type, i);
    return type == TM_CAST_UINT32 ? (float)(uint32_t)x : (float)x;
}

/* The integer that stands for x in a type. */
static int32_t float_to(float x, int32_t type) {
    switch (type) {
    case TM_CAST_INT8:
        return whole(x, INT8_MIN, INT8_MAX);
    case TM_CAST_INT16:
        return whole(x, INT16_MIN, INT16_MAX);
    case TM_CAST_INT32:
        return whole(x, INT32_MIN, INT32_MAX);
    case TM_CAST_UINT32:
        return unsigned_whole(x);
    default:
        return x != 0.0f;
    }
}

void tm_cast(const tm_cast_params *p, const void *in, void *out) {
    const int32_t from = p->from, to = p->to;
    for (int32_t i = 0; i < p->elements; ++i) {
        if (to == TM_CAST_FLOAT32) {
            ((float *)out)[i] = to_float(in, from, i);
            continue;
        }
        const int32_t x = from == TM_CAST_FLOAT32 ? float_to(((const float *)in)[i], to)
                                                  : integer_at(in, from, i);
        switch (to) {
        case TM_CAST_INT8:
            ((int8_t *)out)[i] = (int8_t)x;
            break;
        case TM_CAST_INT16:
            ((int16_t *)out)[i] = (int16_t)x;
            break;
        case TM_CAST_INT32:
        case TM_CAST_UINT32:
            ((int32_t *)out)[i] = x;
            break;
        default:
            ((uint8_t *)out)[i] = x != 0;
            break;
        }
    }
}

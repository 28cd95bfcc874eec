/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FAKE_MODEL_H
#define FAKE_MODEL_H

#include "tm_model.h"

/* What tm_model_init and tm_model_invoke return. */
extern int fake_model_code;

#endif

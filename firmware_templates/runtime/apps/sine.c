/* SPDX-License-Identifier: Apache-2.0
 *
 * x goes from 0 to 2 pi again and again; the model's y is printed and is the LED's brightness. */
#include <stddef.h>

#include "tm_app.h"
#include "tm_app_say.h"
#include "tm_model.h"
#include "tm_port.h"
#include "tm_tensor.h"

#define STEPS_A_ROUND 100u
#define TWO_PI 6.28318530718f

const uint32_t tm_app_steps_a_second = 50;

static uint8_t brightness_of(float y) {
    if (y <= -1.0f) {
        return 0;
    }
    return y >= 1.0f ? 255u : (uint8_t)((y + 1.0f) * 127.5f);
}

void tm_app_step(uint32_t step) {
    const float x = TWO_PI * (float)(step % STEPS_A_ROUND) / (float)STEPS_A_ROUND;
    tm_tensor_set(tm_model_input(0), 0, x);
    if (tm_model_invoke(NULL, NULL) != 0) {
        return;
    }
    const float y = tm_tensor_value(tm_model_output(0), 0);
    tm_port_led(brightness_of(y));
    char line[40];
    tm_text text = tm_text_over(line, sizeof line);
    tm_text_float(&text, x, 4);
    tm_text_string(&text, ", ");
    tm_text_float(&text, y, 4);
    tm_app_say(&text);
}

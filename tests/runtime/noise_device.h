/* SPDX-License-Identifier: Apache-2.0
 *
 * What Python calls. */
#ifndef NOISE_DEVICE_H
#define NOISE_DEVICE_H

#include <stdint.h>

/* A reset. wrong_in_state is 0 for a right firmware, else 1 + the state in which an output is
 * wrong. keeps_input is 0 where no copy of the input is kept. */
void noise_device_start(uint32_t wrong_in_state, uint32_t keeps_input);
/* Takes bytes from the line; returns how often the model ran. */
uint32_t noise_device_feed(const uint8_t *data, uint32_t length);
/* What was said since the last feed or start began. */
const char *noise_device_reply(uint32_t *length);

#endif

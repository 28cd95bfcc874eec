/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOCK_DRIVER_H
#define CLOCK_DRIVER_H

#include <stdint.h>

uint64_t microseconds_at(uint32_t now);

#endif

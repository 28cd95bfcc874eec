/* SPDX-License-Identifier: Apache-2.0
 *
 * WFE (ARM DDI 0403E B1.5.18, ARM DDI 0419E B1.5.14): each return from an exception sets the event
 * register, which ends this or the next WFE. So an interrupt between a look and the sleep is not
 * missed, as it would be with WFI. */
#include "tm_port_sleep.h"

#include "tm_rest.h"

void tm_port_sleep(void) {
    __asm volatile("dsb\n\twfe" ::: "memory");
    tm_rest_slept();
}

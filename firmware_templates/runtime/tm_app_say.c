/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_app_say.h"

#include "tm_port.h"

void tm_app_say(const tm_text *text) {
    tm_port_write(text->data, text->length);
    tm_port_write("\r\n", 2);
}

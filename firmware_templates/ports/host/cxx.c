/* SPDX-License-Identifier: Apache-2.0
 *
 * What compiled C++ calls beside its own code, as in ports/cortex_m: there is no heap here either,
 * so that what runs on this computer runs on a board. Source: Itanium C++ ABI 3.2.6. */
#include <stddef.h>

void __cxa_pure_virtual(void);
void _ZdlPv(void *object);
void _ZdlPvm(void *object, size_t bytes);

__attribute__((weak)) void __cxa_pure_virtual(void) { __builtin_trap(); }

/* operator delete(void *), and the same with the size */
__attribute__((weak)) void _ZdlPv(void *object) {
    (void)object;
    __builtin_trap();
}

__attribute__((weak)) void _ZdlPvm(void *object, size_t bytes) {
    (void)bytes;
    _ZdlPv(object);
}

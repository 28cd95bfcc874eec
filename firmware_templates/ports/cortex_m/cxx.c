/* SPDX-License-Identifier: Apache-2.0
 *
 * What compiled C++ calls beside its own code, for images without its library. The firmware never
 * ends, so that no destructor of a global object runs; and there is no heap, so that nothing is
 * deleted. Sources: Itanium C++ ABI 3.2.6 and 3.3.6; ARM IHI 0041, 3.2.4.4. */
#include <stddef.h>

typedef void (*tm_destructor)(void *object);

int __aeabi_atexit(void *object, tm_destructor destructor, void *dso);
int __cxa_atexit(tm_destructor destructor, void *object, void *dso);
void __cxa_pure_virtual(void);
void _ZdlPv(void *object);
void _ZdlPvj(void *object, size_t bytes);

__attribute__((weak)) void *__dso_handle;

__attribute__((weak)) int __aeabi_atexit(void *object, tm_destructor destructor, void *dso) {
    (void)object, (void)destructor, (void)dso;
    return 0;
}

__attribute__((weak)) int __cxa_atexit(tm_destructor destructor, void *object, void *dso) {
    (void)object, (void)destructor, (void)dso;
    return 0;
}

__attribute__((weak)) void __cxa_pure_virtual(void) { __builtin_trap(); }

/* operator delete(void *), and the same with the size */
__attribute__((weak)) void _ZdlPv(void *object) {
    (void)object;
    __builtin_trap();
}

__attribute__((weak)) void _ZdlPvj(void *object, size_t bytes) {
    (void)bytes;
    _ZdlPv(object);
}

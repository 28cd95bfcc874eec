/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands around loops that are fast by themselves: small rather than fast, at -O2 and -O3 too.
 */
#ifndef TM_LITTLE_H
#define TM_LITTLE_H

#ifdef __GNUC__
#define TM_LITTLE __attribute__((cold))
#else
#define TM_LITTLE
#endif

#endif

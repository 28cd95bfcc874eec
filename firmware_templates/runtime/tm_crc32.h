/* SPDX-License-Identifier: Apache-2.0
 *
 * CRC-32 as in zlib and Ethernet (polynomial 0x04C11DB7, reflected): "123456789" is CBF43926. */
#ifndef TM_CRC32_H
#define TM_CRC32_H

#include <stdint.h>

/* Begin with crc = 0; feed the result back in for the next part. */
uint32_t tm_crc32(uint32_t crc, const uint8_t *data, uint32_t length);

#endif

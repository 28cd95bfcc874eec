/* SPDX-License-Identifier: Apache-2.0
 *
 * The first 256 bytes of flash. The RP2040's ROM copies them to the end of RAM, and runs them there
 * if their last word is the CRC of those before it (RP2040 Datasheet, DS, 2.8.1.3): flash cannot be
 * executed before the SSI is set up for it. Code and what it writes are data here, so that every
 * compiler makes the same bytes of them: the CRC is that of these, and the emulator says the right
 * one if it is not.
 *
 * The flash is read by the command 03h, a bit at a time, which every chip has (Winbond W25Q16JV
 * datasheet, 8.2.6: up to 50 MHz); no register of the chip has to be known or written. It is slow:
 * a word that is not in the XIP cache takes 64 clocks of the SSI, 2 us.
 *
 * Registers touched here:
 *   SSI 0x18000000 (DS 4.10.13): CTRLR0 0x00, CTRLR1 0x04, SSIENR 0x08, SER 0x10, BAUDR 0x14,
 *     SPI_CTRLR0 0xF4 */
#include <stdint.h>

#define SSI_CTRLR0 0x18000000u
#define SSI_CTRLR0_READ_AFTER_COMMAND (3u << 8) /* TMOD: what the SSI calls EEPROM read */
#define SSI_CTRLR0_WORDS (31u << 16)            /* DFS_32: 32 bits a frame */
#define SSI_CTRLR1 0x18000004u
#define SSI_CTRLR1_ONE_WORD 0u /* NDF: frames less one */
#define SSI_SSIENR 0x18000008u
#define SSI_SSIENR_ON 1u
#define SSI_SER 0x18000010u
#define SSI_SER_FLASH 1u
#define SSI_BAUDR 0x18000014u
#define SSI_BAUDR_BY_4 4u /* of 125 MHz: 31.25 MHz */
#define SSI_SPI_CTRLR0 0x180000F4u
#define SSI_SPI_CTRLR0_READ (3u << 24)      /* XIP_CMD: 03h */
#define SSI_SPI_CTRLR0_COMMAND_8 (2u << 8)  /* INST_L: the command has 8 bits */
#define SSI_SPI_CTRLR0_ADDRESS_24 (6u << 2) /* ADDR_L: the address has 6 times 4 bits */
#define LOADER_CODE 10u
#define LOADER_WRITES 29u
#define LOADER_CRC 0xE55E2ED0u

typedef struct {
    uint32_t address, value;
} loader_write;

typedef struct {
    uint16_t code[LOADER_CODE];
    loader_write writes[LOADER_WRITES];
    uint32_t crc;
} loader;

extern const uint32_t tm_vectors_start[];

/* Does the writes up to one to the address 0, whose value is that of the vectors; starts as ARM
 * DDI 0419E B1.5.5 has it. Wherever it stands, on an address that 4 divides. */
__attribute__((section(".tm_loader"), used)) static const loader tm_loader = {
    .code =
        {
            0xA004,         /* adr r0, #0x10 */
            0xC806,         /* ldm r0!, {r1, r2} */
            0x2900,         /* cmp r1, #0 */
            0xD001,         /* beq #6 */
            0x600A,         /* str r2, [r1] */
            0xE7FA,         /* b #-8 */
            0xCA03,         /* ldm r2!, {r0, r1} */
            0xF380, 0x8808, /* msr msp, r0 */
            0x4708,         /* bx r1 */
        },
    .writes =
        {
            {SSI_SSIENR, 0}, /* the others can be written only while it is off */
            {SSI_BAUDR, SSI_BAUDR_BY_4},
            {SSI_CTRLR0, SSI_CTRLR0_READ_AFTER_COMMAND | SSI_CTRLR0_WORDS},
            {SSI_CTRLR1, SSI_CTRLR1_ONE_WORD},
            {SSI_SPI_CTRLR0,
             SSI_SPI_CTRLR0_READ | SSI_SPI_CTRLR0_COMMAND_8 | SSI_SPI_CTRLR0_ADDRESS_24},
            {SSI_SER, SSI_SER_FLASH},
            {SSI_SSIENR, SSI_SSIENR_ON},
            {0, (uint32_t)(uintptr_t)tm_vectors_start},
        },
    .crc = LOADER_CRC,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows between one interrupt, which writes, and the main loop, which reads. Each number has one
 * writer, so nothing has to be locked. */
#ifndef TM_SENSOR_RING_H
#define TM_SENSOR_RING_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int16_t *rows; /* most * channels numbers */
    uint32_t most; /* a power of two */
    uint32_t channels;
    volatile uint32_t written, lost; /* the interrupt's */
    volatile uint32_t taken;         /* these two are the main loop's */
    uint32_t told;
} tm_sensor_ring;

/* Makes the ring empty, and nothing lost: while no interrupt writes. */
void tm_sensor_ring_clear(tm_sensor_ring *ring);
/* Makes the ring empty, and counts what was in it as lost: while no interrupt writes. */
void tm_sensor_ring_drop(tm_sensor_ring *ring);
/* Puts one row in; where there is no room it is lost, and counted: what came before it stays. */
void tm_sensor_ring_put(tm_sensor_ring *ring, const int16_t *row);
/* Counts rows that were lost before they came here. */
void tm_sensor_ring_lose(tm_sensor_ring *ring, uint32_t rows);
/* As read and lost of tm_sensor. of_port: how many the port lost since the ring was cleared, 0 if
 * it does not count. */
uint32_t tm_sensor_ring_take(tm_sensor_ring *ring, int16_t *rows, uint32_t most);
uint32_t tm_sensor_ring_lost(tm_sensor_ring *ring, uint32_t of_port);

#ifdef __cplusplus
}
#endif

#endif

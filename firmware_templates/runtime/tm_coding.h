/* SPDX-License-Identifier: Apache-2.0
 *
 * How a benchmark's runner codes what goes in by "db" and comes out by "results". Sources: the
 * tables of data files in mlcommons/tiny, benchmark/evaluation/datasets/README.md, and the
 * anomaly score in benchmark/training/anomaly_detection, the mean squared error of what the
 * autoencoder gives back. */
#ifndef TM_CODING_H
#define TM_CODING_H

#include <stdbool.h>
#include <stdint.h>

/* Without one (tm_device.coding is NULL) "db" brings the bytes of the model's input as they are. */
typedef struct {
    const char *model;   /* what "profile" says in place of the model's name */
    uint8_t flip;        /* XORed to each byte of "db": 0x80 makes int8 of uint8 less 128 */
    float *features;     /* "db" brings float32, which stand here; NULL where it does not */
    uint32_t load_bytes; /* what "db" brings for one inference */
} tm_coding;

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The one shape of all sensors. tm_sensors.h says which ones the board has.
 *
 * A sensor is read by interrupts into a ring of rows while the program does something else. What
 * finds no place there, or was overwritten in the sensor itself, is counted. */
#ifndef TM_SENSOR_H
#define TM_SENSOR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TM_SENSOR_RUNS = 0,
    TM_SENSOR_ABSENT,  /* nothing answers at its address */
    TM_SENSOR_UNKNOWN, /* something does, and says that it is another chip */
    TM_SENSOR_STUCK,   /* the bus, or the chip, did not move in time */
} tm_sensor_result;

/* What a sensor was set to, as near to what was asked for as it can. */
typedef struct {
    uint32_t rate_mhz; /* rows in 1000 seconds */
    uint32_t range;    /* the largest value, in units */
    float scale;       /* units a count */
} tm_sensor_setting;

typedef struct {
    const char *name;
    const char *unit; /* g, dps, gauss; of a microphone "1": full scale */
    uint32_t channels;
    /* Starts with no rows. It takes the lowest rate, and the lowest range, that is no lower than
     * asked for, else its highest. Waits: most for some milliseconds, the first one on a bus for
     * 25, a BMI270 for 0.4 s at first and then for 50 ms, an SPW2430 for 0.6 s. Rows come once the
     * chip has settled. Not for interrupts, as all of these. */
    tm_sensor_result (*start)(uint32_t rate_hz, uint32_t range, tm_sensor_setting *is);
    /* Moves the oldest rows, channels numbers each and at most so many rows, to rows. Returns how
     * many. Never waits. */
    uint32_t (*read)(int16_t *rows, uint32_t most);
    /* How many rows were lost since the last call. They are missing behind the rows that were there
     * before. */
    uint32_t (*lost)(void);
    /* Waits for what is under way on the bus. Before a start it does nothing. */
    void (*stop)(void);
    /* Rows in 1000 seconds at present, 0 while it does not run: the start or stop of another sensor
     * of the same chip may change what start said. */
    uint32_t (*rate_mhz)(void);
} tm_sensor;

#ifdef __cplusplus
}
#endif

#endif

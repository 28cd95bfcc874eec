/* SPDX-License-Identifier: Apache-2.0
 *
 * What a stream shows, out of the scores of one window after another: docs/streaming.md has the
 * rule. In integers; the toolkit computes the same on the host. */
#ifndef TM_DECISION_H
#define TM_DECISION_H

#include <stdint.h>

#define TM_DECISION_NONE (-1)

typedef struct {
    uint32_t classes;
    uint32_t average;    /* windows whose scores are added up, at least 1 */
    uint32_t need, of;   /* a class must be there in `need` of the last `of` windows */
    uint32_t refractory; /* windows after a detection in which the class is not detected again */
    const int32_t *thresholds; /* (classes), of the sums; INT32_MAX: never detected */
} tm_decision_params;

/* All zero at the start. */
typedef struct {
    int16_t *scores;   /* (average, classes): a ring of the last windows' scores */
    int32_t *sums;     /* (classes), of scores */
    uint32_t *waiting; /* (classes): windows until the class may be detected again */
    uint16_t *found;   /* (of): a ring of the classes found, plus 1; 0 for none */
    uint32_t windows;  /* in scores, up to average */
    uint32_t next_scores, next_found;
} tm_decision_state;

/* Forgets all windows. */
void tm_decision_start(const tm_decision_params *p, tm_decision_state *state);
/* scores (classes) of the next window. Returns the class that is detected with it, or
 * TM_DECISION_NONE. */
int32_t tm_decision_step(const tm_decision_params *p, tm_decision_state *state,
                         const int16_t *scores);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_decision.h"

#include <stdbool.h>

static uint32_t after(uint32_t place, uint32_t places) {
    return place + 1u == places ? 0u : place + 1u;
}

/* Adds the scores to the sums, and takes those of the oldest window away. */
static void add_up(const tm_decision_params *p, tm_decision_state *state, const int16_t *scores) {
    int16_t *const kept = &state->scores[state->next_scores * p->classes];
    for (uint32_t i = 0; i < p->classes; i++) {
        state->sums[i] += scores[i] - kept[i];
        kept[i] = scores[i];
    }
    state->next_scores = after(state->next_scores, p->average);
    state->windows += state->windows < p->average ? 1u : 0u;
}

/* The best class plus 1 if its sum reaches the threshold, else 0; the first one of equals. */
static uint32_t find(const tm_decision_params *p, const tm_decision_state *state) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < p->classes; i++) {
        best = state->sums[i] > state->sums[best] ? i : best;
    }
    const bool is_full = state->windows == p->average;
    return is_full && state->sums[best] >= p->thresholds[best] ? best + 1u : 0u;
}

static uint32_t count(const tm_decision_params *p, const tm_decision_state *state, uint32_t found) {
    uint32_t times = 0;
    for (uint32_t i = 0; i < p->of; i++) {
        times += state->found[i] == found ? 1u : 0u;
    }
    return times;
}

int32_t tm_decision_step(const tm_decision_params *p, tm_decision_state *state,
                         const int16_t *scores) {
    add_up(p, state, scores);
    const uint32_t found = find(p, state);
    state->found[state->next_found] = (uint16_t)found;
    state->next_found = after(state->next_found, p->of);
    const bool is_detected =
        found != 0u && state->waiting[found - 1u] == 0u && count(p, state, found) >= p->need;
    for (uint32_t i = 0; i < p->classes; i++) {
        state->waiting[i] -= state->waiting[i] > 0u ? 1u : 0u;
    }
    if (!is_detected) {
        return TM_DECISION_NONE;
    }
    state->waiting[found - 1u] = p->refractory;
    return (int32_t)found - 1;
}

void tm_decision_start(const tm_decision_params *p, tm_decision_state *state) {
    for (uint32_t i = 0; i < p->average * p->classes; i++) {
        state->scores[i] = 0;
    }
    for (uint32_t i = 0; i < p->classes; i++) {
        state->sums[i] = 0;
        state->waiting[i] = 0;
    }
    for (uint32_t i = 0; i < p->of; i++) {
        state->found[i] = 0;
    }
    state->windows = state->next_scores = state->next_found = 0;
}

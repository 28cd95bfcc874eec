/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_irfft_s16.h"

#include "tm_fourier.h"

/* The transform of pairs of samples out of that of single ones, scattered for what comes next. */
static void join(const int16_t *in, const int16_t *half_turns, tm_complex *numbers, int32_t half) {
    const tm_complex ends = {(int16_t)(in[0] + in[2 * half]), (int16_t)(in[0] - in[2 * half])};
    numbers[0] = tm_complex_divided(ends, 2);
    for (int32_t i = 1; i <= half / 2; ++i) {
        const tm_complex ahead = {in[2 * i], in[2 * i + 1]};
        const tm_complex mirror = {in[2 * (half - i)], (int16_t)-in[2 * (half - i) + 1]};
        const tm_complex x = tm_complex_divided(ahead, 2), y = tm_complex_divided(mirror, 2);
        const tm_complex both = tm_complex_sum(x, y);
        const tm_complex turned =
            tm_complex_product(tm_complex_difference(x, y), half_turns + 2 * (i - 1));
        const tm_complex behind = tm_complex_difference(both, turned);
        const tm_complex flipped = {behind.real, (int16_t)-behind.imaginary};
        numbers[tm_fourier_place(i, half)] = tm_complex_sum(both, turned);
        numbers[tm_fourier_place(half - i, half)] = flipped;
    }
}

void tm_signal_irfft_s16(const tm_signal_irfft_s16_params *p, const int16_t *in,
                         const int16_t *turns, const int16_t *half_turns, int16_t *out) {
    const tm_signal_irfft_s16_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t half = params.points / 2;
    for (int32_t frame = 0; frame < params.frames; ++frame) {
        tm_complex *const numbers = (tm_complex *)(void *)out;
        join(in, half_turns, numbers, half);
        tm_fourier(numbers, turns, half, 1);
        in += params.points + 2;
        out += params.points;
    }
}

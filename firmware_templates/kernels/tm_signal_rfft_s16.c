/* SPDX-License-Identifier: Apache-2.0 */
#include "tm_signal_rfft_s16.h"

#include "tm_fourier.h"

/* Two samples after each other are a complex number. */
static void scatter(const int16_t *in, int32_t samples, tm_complex *numbers, int32_t half) {
    for (int32_t i = 0; i < half; ++i) {
        const tm_complex x = {2 * i < samples ? in[2 * i] : (int16_t)0,
                              2 * i + 1 < samples ? in[2 * i + 1] : (int16_t)0};
        numbers[tm_fourier_place(i, half)] = x;
    }
}

static int16_t halved(int32_t x) { return (int16_t)(x >> 1); }

/* The transform of real samples out of that of pairs of them. */
static void part(const tm_complex *numbers, const int16_t *half_turns, int32_t half, int16_t *out) {
    const tm_complex first = tm_complex_divided(numbers[0], 2);
    out[0] = (int16_t)(first.real + first.imaginary);
    out[2 * half] = (int16_t)(first.real - first.imaginary);
    out[1] = out[2 * half + 1] = 0;
    for (int32_t i = 1; i <= half / 2; ++i) {
        const tm_complex mirror = {numbers[half - i].real, (int16_t)-numbers[half - i].imaginary};
        const tm_complex x = tm_complex_divided(numbers[i], 2), y = tm_complex_divided(mirror, 2);
        const tm_complex both = tm_complex_sum(x, y);
        const tm_complex turned =
            tm_complex_product(tm_complex_difference(x, y), half_turns + 2 * (i - 1));
        out[2 * i] = halved(both.real + turned.real);
        out[2 * i + 1] = halved(both.imaginary + turned.imaginary);
        out[2 * (half - i)] = halved(both.real - turned.real);
        out[2 * (half - i) + 1] = halved(turned.imaginary - both.imaginary);
    }
}

void tm_signal_rfft_s16(const tm_signal_rfft_s16_params *p, const int16_t *in, const int16_t *turns,
                        const int16_t *half_turns, void *work, int16_t *out) {
    const tm_signal_rfft_s16_params params = *p; /* out could be an alias of p, this cannot */
    const int32_t half = params.points / 2;
    tm_complex *const numbers = work;
    for (int32_t frame = 0; frame < params.frames; ++frame) {
        scatter(in, params.samples, numbers, half);
        tm_fourier(numbers, turns, half, -1);
        part(numbers, half_turns, half, out);
        in += params.samples;
        out += params.points + 2;
    }
}

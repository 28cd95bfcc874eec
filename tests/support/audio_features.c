// SPDX-License-Identifier: Apache-2.0
// firmware_templates/features/ on frames of sound. From stdin: seven int32 (frames, window, hop,
// fft, bands, coefficients, samples), as int16 the tables of tm_feature_params in their order, then
// the sound. To stdout: int16 features.
#include <stdio.h>
#include <stdlib.h>

#include "tm_feature_frame.h"

static int16_t *read_table(size_t count) {
    int16_t *table = malloc((count ? count : 1) * sizeof(int16_t));
    if (table == NULL || fread(table, sizeof(int16_t), count, stdin) != count) {
        exit(1);
    }
    return table;
}

int main(void) {
    int32_t about[7];
    if (fread(about, sizeof about, 1, stdin) != 1) {
        return 1;
    }
    const size_t window = (size_t)about[1], fft = (size_t)about[3], bands = (size_t)about[4],
                 coefficients = (size_t)about[5], each = coefficients ? coefficients : bands;
    tm_feature_params p = {
        .window = about[1], .fft = about[3], .bands = about[4], .coefficients = about[5]};
    p.hann = read_table(window / 2 + 1);
    p.cosines = read_table(fft / 4 + 1);
    p.first = read_table(bands);
    p.count = read_table(bands);
    size_t weights = 0;
    for (size_t band = 0; band < bands; band++) {
        weights += (size_t)p.count[band];
    }
    p.mel = read_table(weights);
    p.dct = read_table(coefficients * bands);
    const int16_t *sound = read_table((size_t)about[6]);
    // Each as long as it must be and no longer, so that a sanitizer sees what is outside.
    tm_feature_bin *const bins = malloc((fft / 2 + 1) * sizeof *bins);
    int16_t *const levels = coefficients ? malloc(bands * sizeof *levels) : NULL;
    int16_t *const frame = malloc(window * sizeof *frame), *const out = malloc(each * sizeof *out);
    for (int32_t i = 0; i < about[0]; i++, sound += about[2]) {
        for (size_t k = 0; k < window; k++) {
            frame[k] = sound[k];
        }
        tm_feature_frame(&p, frame, bins, levels, out);
        fwrite(out, sizeof *out, each, stdout);
    }
    return 0;
}

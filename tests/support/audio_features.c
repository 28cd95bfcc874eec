// SPDX-License-Identifier: Apache-2.0
// docs/data.md's definition of the sound features once more, as a board would compute them: 32 bits
// for all that is kept, 64 for products and sums. From stdin: seven int32 (frames, window, hop,
// fft, bands, coefficients, samples), the tables as int16, the samples. To stdout: int16 features.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_FFT = 4096, MAX_BANDS = 128 };

static int16_t *read_table(size_t count) {
    int16_t *table = malloc((count ? count : 1) * sizeof(int16_t));
    if (table == NULL || fread(table, sizeof(int16_t), count, stdin) != count) {
        exit(1);
    }
    return table;
}

static int32_t q15(int64_t product) { return (int32_t)((product + (1 << 14)) >> 15); }

static void fft(int32_t *re, int32_t *im, int size, const int16_t *cosines, const int16_t *sines) {
    for (int i = 0, j = 0; i < size; i++) {
        if (i < j) {
            int32_t a = re[i], b = im[i];
            re[i] = re[j], im[i] = im[j], re[j] = a, im[j] = b;
        }
        int bit = size >> 1;
        for (; bit && (j & bit); bit >>= 1) {
            j ^= bit;
        }
        j |= bit;
    }
    for (int span = 1; span < size; span *= 2) {
        for (int first = 0; first < size; first += 2 * span) {
            for (int k = 0; k < span; k++) {
                int a = first + k, b = a + span;
                int64_t c = cosines[k * (size / span)], s = sines[k * (size / span)];
                int32_t x = q15(re[b] * c + im[b] * s), y = q15(im[b] * c - re[b] * s);
                re[b] = re[a] - x, im[b] = im[a] - y, re[a] += x, im[a] += y;
            }
        }
    }
}

static int32_t log2_q8(uint64_t value) {
    int32_t exponent = 63 - __builtin_clzll(value);
    uint32_t mantissa =
        (uint32_t)(exponent > 31 ? value >> (exponent - 31) : value << (31 - exponent));
    for (int i = 0; i < 8; i++) {
        uint64_t square = ((uint64_t)mantissa * mantissa) >> 31;
        int32_t bit = (int32_t)(square >> 32);
        mantissa = (uint32_t)(square >> bit);
        exponent = 2 * exponent + bit;
    }
    return exponent;
}

int main(void) {
    static int32_t re[MAX_FFT / 2], im[MAX_FFT / 2], levels[MAX_BANDS];
    static uint64_t power[MAX_FFT / 2 + 1];
    int32_t about[7];
    if (fread(about, sizeof about, 1, stdin) != 1) {
        return 1;
    }
    int frames = about[0], window = about[1], hop = about[2], size = about[3], bands = about[4];
    int coefficients = about[5], half = size / 2, bits = 0;
    while ((1 << bits) < size) {
        bits++;
    }
    int shift = 2 * bits - 16;
    const int16_t *hann = read_table((size_t)window);
    const int16_t *cosines = read_table((size_t)half + 1), *sines = read_table((size_t)half + 1);
    const int16_t *mel = read_table((size_t)bands * ((size_t)half + 1));
    const int16_t *dct = read_table((size_t)coefficients * (size_t)bands);
    const int16_t *sound = read_table((size_t)about[6]);
    for (int frame = 0; frame < frames; frame++, sound += hop) {
        for (int i = 0; i < size; i++) {
            int32_t value = i < window ? q15((int64_t)sound[i] * hann[i]) : 0;
            *(i % 2 ? &im[i / 2] : &re[i / 2]) = value;
        }
        fft(re, im, half, cosines, sines);
        for (int k = 0; k <= half; k++) {
            int here = k % half, there = (half - k) % half;
            int32_t even_re = re[here] + re[there], even_im = im[here] - im[there];
            int32_t odd_re = re[here] - re[there], odd_im = im[here] + im[there];
            int64_t c = cosines[k], s = sines[k];
            int64_t x = even_re + q15(odd_im * c - odd_re * s),
                    y = even_im - q15(odd_re * c + odd_im * s);
            uint64_t sum = (uint64_t)(x * x) + (uint64_t)(y * y);
            power[k] = shift ? (sum + (1ull << (shift - 1))) >> shift : sum;
        }
        for (int band = 0; band < bands; band++) {
            uint64_t energy = 0;
            for (int k = 0; k <= half; k++) {
                energy += (uint64_t)mel[band * (half + 1) + k] * power[k];
            }
            levels[band] = log2_q8(energy ? energy : 1) - 8192;
        }
        for (int i = 0; i < (coefficients ? coefficients : bands); i++) {
            int64_t sum = 0;
            for (int band = 0; coefficients && band < bands; band++) {
                sum += (int64_t)levels[band] * dct[i * bands + band];
            }
            int64_t wide = coefficients ? (sum + (1 << 15)) >> 16 : levels[i];
            int16_t value = (int16_t)(wide > 32767 ? 32767 : wide < -32768 ? -32768 : wide);
            fwrite(&value, sizeof value, 1, stdout);
        }
    }
    return 0;
}

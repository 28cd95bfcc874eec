/* SPDX-License-Identifier: Apache-2.0 */
/* Log-mel and MFCC features of a frame of sound, in integers: the definition stands in
 * docs/data.md. */
#ifndef TM_SOUND_FEATURES_H
#define TM_SOUND_FEATURES_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    int32_t window;         /* sound samples in a frame, at most fft */
    int32_t fft;            /* a power of two, from 256 to 4096 */
    int32_t bands;          /* of the mel scale */
    int32_t coefficients;   /* of MFCC; 0: log-mel */
    const int16_t *hann;    /* (window), Q15 */
    const int16_t *cosines; /* (fft / 2 + 1), Q15 */
    const int16_t *sines;   /* (fft / 2 + 1), Q15 */
    const int16_t *first;   /* (bands), the first bin of each triangle */
    const int16_t *count;   /* (bands), how many bins it has */
    const int16_t *mel;     /* the weights of all triangles, one after another, Q12 */
    const int16_t *dct;     /* (coefficients, bands), Q15; NULL for log-mel */
} tm_sound_features;

typedef struct {
    int32_t *re, *im; /* (fft / 2) each */
    uint64_t *power;  /* (fft / 2 + 1) */
    int32_t *levels;  /* (bands) */
} tm_sound_memory;

static inline int32_t tm_sound_q15(int64_t product) {
    return (int32_t)((product + (1 << 14)) >> 15);
}

/* re, im (size): a radix-2 FFT in place, not scaled down */
static inline void tm_sound_fft(int32_t *re, int32_t *im, int32_t size,
                                const tm_sound_features *f) {
    for (int32_t i = 0, j = 0; i < size; i++) {
        if (i < j) {
            const int32_t a = re[i], b = im[i];
            re[i] = re[j];
            im[i] = im[j];
            re[j] = a;
            im[j] = b;
        }
        int32_t bit = size >> 1;
        for (; bit != 0 && (j & bit) != 0; bit >>= 1) {
            j ^= bit;
        }
        j |= bit;
    }
    for (int32_t span = 1; span < size; span *= 2) {
        for (int32_t k = 0; k < span; k++) {
            const int64_t c = f->cosines[k * (size / span)], s = f->sines[k * (size / span)];
            for (int32_t a = k; a < size; a += 2 * span) {
                const int32_t b = a + span;
                const int32_t x = tm_sound_q15(re[b] * c + im[b] * s);
                const int32_t y = tm_sound_q15(im[b] * c - re[b] * s);
                re[b] = re[a] - x;
                im[b] = im[a] - y;
                re[a] += x;
                im[a] += y;
            }
        }
    }
}

/* memory->power (fft / 2 + 1) from memory->re and im, the FFT of half the size */
static inline void tm_sound_power(const tm_sound_features *f, const tm_sound_memory *memory) {
    const int32_t half = f->fft / 2;
    int32_t shift = -16;
    for (int32_t size = f->fft; size > 1; size >>= 1) {
        shift += 2;
    }
    for (int32_t k = 0; k <= half; k++) {
        const int32_t here = k % half, there = (half - k) % half;
        const int32_t even_re = memory->re[here] + memory->re[there];
        const int32_t even_im = memory->im[here] - memory->im[there];
        const int32_t odd_re = memory->re[here] - memory->re[there];
        const int32_t odd_im = memory->im[here] + memory->im[there];
        const int64_t c = f->cosines[k], s = f->sines[k];
        const int64_t x = even_re + tm_sound_q15(odd_im * c - odd_re * s);
        const int64_t y = even_im - tm_sound_q15(odd_re * c + odd_im * s);
        const uint64_t sum = (uint64_t)(x * x) + (uint64_t)(y * y);
        memory->power[k] = shift != 0 ? (sum + (1ull << (shift - 1))) >> shift : sum;
    }
}

/* 256 log2 of a positive value, cut off below */
static inline int32_t tm_sound_log2(uint64_t value) {
    int32_t exponent = 0;
    while (value >> exponent > 1) {
        exponent++;
    }
    uint32_t mantissa =
        (uint32_t)(exponent > 31 ? value >> (exponent - 31) : value << (31 - exponent));
    for (int32_t i = 0; i < 8; i++) {
        const uint64_t square = ((uint64_t)mantissa * mantissa) >> 31;
        const int32_t bit = (int32_t)(square >> 32);
        mantissa = (uint32_t)(square >> bit);
        exponent = 2 * exponent + bit;
    }
    return exponent;
}

/* sound (window), out (bands), or (coefficients) */
static inline void tm_sound_frame(const tm_sound_features *f, const tm_sound_memory *memory,
                                  const int16_t *sound, int16_t *out) {
    for (int32_t i = 0; i < f->fft; i++) {
        int32_t *part = i % 2 != 0 ? memory->im : memory->re;
        part[i / 2] = i < f->window ? tm_sound_q15((int64_t)sound[i] * f->hann[i]) : 0;
    }
    tm_sound_fft(memory->re, memory->im, f->fft / 2, f);
    tm_sound_power(f, memory);
    const int16_t *weight = f->mel;
    for (int32_t band = 0; band < f->bands; band++) {
        uint64_t energy = 0;
        for (int32_t k = 0; k < f->count[band]; k++) {
            energy += (uint64_t)*weight++ * memory->power[f->first[band] + k];
        }
        memory->levels[band] = tm_sound_log2(energy != 0 ? energy : 1) - 8192;
        if (f->coefficients == 0) {
            out[band] = (int16_t)memory->levels[band];
        }
    }
    for (int32_t i = 0; i < f->coefficients; i++) {
        int64_t sum = 1 << 15;
        for (int32_t band = 0; band < f->bands; band++) {
            sum += (int64_t)memory->levels[band] * f->dct[i * f->bands + band];
        }
        const int64_t value = sum >> 16;
        out[i] = (int16_t)(value > 32767 ? 32767 : value < -32768 ? -32768 : value);
    }
}

#endif

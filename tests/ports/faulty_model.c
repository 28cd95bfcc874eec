/* SPDX-License-Identifier: Apache-2.0
 *
 * A model that faults, or counts cycles: its input byte says what; its output are four words. */
#include "tm_model.h"
#include "tm_port.h"

#define TURN (1u << 24) /* of SysTick */

static int8_t input_byte;
static uint32_t words[4];
static const tm_tensor input = {.data = &input_byte, .bytes = 1, .type = TM_INT8, .scale = 1.0f};
static const tm_tensor output = {
    .data = words, .bytes = sizeof words, .type = TM_INT8, .scale = 1.0f};

const tm_model_info tm_model = {
    .name = "faulty", .engine = "aot", .sha256 = "", .inputs = 1, .outputs = 1};

int tm_model_init(void) { return 0; }
void tm_model_reset(void) {}
const tm_tensor *tm_model_input(uint32_t index) { return index == 0 ? &input : 0; }
const tm_tensor *tm_model_output(uint32_t index) { return index == 0 ? &output : 0; }
const char *tm_model_layer_name(uint32_t layer) { return layer == 0 ? "FAULT" : ""; }

static volatile uint32_t sink;

static uint32_t dig(uint32_t depth) {
    volatile uint32_t room[64];
    room[depth % 64u] = depth;
    if (depth < 1000000u) {
        sink = dig(depth + 1u);
    }
    return room[depth % 64u] + sink;
}

/* Takes rounds * 16 instructions: the emulator looks once a round. */
static void spin(uint32_t rounds) {
    __asm volatile("1: .rept 14\n\tnop\n\t.endr\n\tsubs %0, %0, #1\n\tbne 1b" : "+l"(rounds)::"cc");
}

/* What spinning for a sixteenth of a turn takes: the least and the most of so many times. */
static void count_spins(uint32_t times) {
    uint32_t before = tm_port_cycles();
    words[0] = UINT32_MAX;
    words[1] = 0;
    for (uint32_t i = 0; i < times; i++) {
        spin(TURN / 256u);
        const uint32_t now = tm_port_cycles();
        const uint32_t taken = now - before;
        before = now;
        words[0] = taken < words[0] ? taken : words[0];
        words[1] = taken > words[1] ? taken : words[1];
    }
}

int tm_model_invoke(tm_layer_hook hook, void *context) {
    (void)hook;
    (void)context;
    switch (input_byte) {
    case 1:
        __asm volatile("udf #0");
        break;
    case 2:
        sink = *(volatile uint32_t *)0x60000010u;
        break;
    case 3:
        sink = dig(0);
        break;
    case 4:
        *(volatile uint32_t *)0xE000E100u = 1u << 21; /* NVIC_ISER0, ISPR0: nobody handles it */
        *(volatile uint32_t *)0xE000E200u = 1u << 21;
        __asm volatile("dsb\n\tisb" ::: "memory");
        break;
    case 5: /* a write to where no memory is */
        *(volatile uint32_t *)0x60000010u = 1u;
        break;
    case 6: /* a word that is not aligned */
        __asm volatile("ldr %0, [%1]" : "=l"(words[0]) : "l"((uintptr_t)words + 1u));
        break;
    case 7: /* the DWT */
        words[0] = *(volatile uint32_t *)0xE0001004u;
        break;
    case 8: /* a byte of the NVIC */
        *(volatile uint8_t *)0xE000E400u = 0;
        break;
    case 9: /* two turns and more */
        count_spins(40);
        break;
    case 10: /* a turn ends while its interrupt has to wait */
        while ((tm_port_cycles() & (TURN - 1u)) < TURN / 16u * 14u) {
            spin(TURN / 512u);
        }
        __asm volatile("cpsid i" ::: "memory");
        count_spins(6);
        __asm volatile("cpsie i" ::: "memory");
        break;
    default:
        break;
    }
    return 0;
}

bool tm_model_is_due(void) { return true; }

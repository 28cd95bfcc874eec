/* SPDX-License-Identifier: Apache-2.0
 *
 * unicorn's hooks in C. The block hook adds the number of Thumb instructions of each block that is
 * entered; the access hook notes where a peripheral is touched. counter.py holds the same in
 * Python, field by field. */
#include <stddef.h>
#include <stdint.h>

/* A line of a cache; parts has a bit for each read of flash that it takes to fill it. used is 0
 * while empty. */
typedef struct {
    uint64_t used;
    uint64_t parts;
    uint32_t line;
} tm_line;

/* Reads of one kind, as toolkit/timing/flash.py has them. ways is 0 without a cache. */
typedef struct {
    tm_line *lines; /* [sets][ways] */
    uint64_t now;
    uint32_t wait_states;
    uint32_t read_bytes;
    uint32_t line_bytes;
    uint32_t sets;
    uint32_t ways;
} tm_reads;

typedef struct {
    uint64_t instructions; /* issued so far, the block that runs now included */
    uint64_t limit;        /* stop before the block that would start at or after it */
    uint64_t flash_origin;
    uint64_t flash_bytes;
    const uint8_t *flash;
    uint32_t *cache; /* a word per halfword of flash: block bytes << 16 | instructions */
    int (*stop)(void *uc);
    int (*read)(void *uc, uint64_t address, void *bytes, size_t size);
    uint32_t block; /* the block that runs now */
    uint32_t block_bytes;
    uint32_t fpu_is_off;
    uint32_t reason; /* why it was stopped: see counter.py */
    uint32_t spins;
    uint32_t pc; /* of the last access to a peripheral */
    int (*read_register)(void *uc, int number, void *value);
    int (*write_register)(void *uc, int number, const void *value);
    int32_t pc_register;
    int32_t status_register;
    uint64_t cycles; /* modelled, as instructions are counted */
    uint32_t *costs; /* a word per halfword of flash, as cost returns it */
    uint32_t (*cost)(uint32_t address,
                     uint32_t size); /* entry << 24 | refill << 16 | cycles; or NULL */
    uint32_t refill;                 /* what leaving the block by a jump will take */
    uint64_t waits;                  /* cycles that the core waited for flash */
    tm_reads *data;                  /* of loads, or NULL where nobody asks */
    tm_reads *code;                  /* of instructions, or NULL */
    uint64_t end;                    /* where LIMIT is; limit is 0 while an exception waits */
    int32_t waiting;                 /* group priority of that exception; NOTHING_WAITS */
    uint32_t group_mask;             /* the bits of a priority that decide about pre-emption */
    int32_t mask_registers[3]; /* PRIMASK, FAULTMASK, BASEPRI; -1: they are in CPSR, basepri */
    uint32_t basepri;          /* where the CPU has none */
    uint32_t fpu_is_used;      /* CONTROL.FPCA, where the CPU has none */
    int32_t fpscr_register;    /* is 0 in a new context of the FPU; -1: the CPU does it */
    uint32_t event;            /* SEV was issued */
} tm_counter;

/* CPSR.IT: the state of an IT block. */
#define IT_STATE 0x0600FC00u
#define CPSR_I (1u << 7)
#define CPSR_F (1u << 6)

enum { LIMIT = 1, FPU_IS_OFF = 2, SPINNING = 3, EXCEPTION = 4 };
#define NOTHING_WAITS 1024
/* What stands in a block, above the number of its instructions in the cache. */
#define USES_FPU 0x8000u
#define SENDS_EVENT 0x4000u
#define NUMBER 0x3FFFu
#define SPIN_LIMIT 100000u
#define BRANCH_TO_ITSELF 0xE7FEu

static uint32_t halfword(const uint8_t *code, uint32_t at) {
    return (uint32_t)code[at] | (uint32_t)code[at + 1] << 8;
}

static int is_wide(uint32_t first) { return (first >> 11) >= 0x1D; }

static int uses_fpu(const uint8_t *code, uint32_t size, uint32_t at) {
    const uint32_t first = halfword(code, at);
    if ((first & 0xEC00u) != 0xEC00u || at + 4 > size) {
        return 0;
    }
    return ((halfword(code, at + 2) >> 9) & 7u) == 5u; /* coprocessor 10 or 11 */
}

static int is_send_event(const uint8_t *code, uint32_t size, uint32_t at) {
    const uint32_t first = halfword(code, at);
    return first == 0xBF40u ||
           (first == 0xF3AFu && at + 4 <= size && halfword(code, at + 2) == 0x8004u);
}

/* The number of instructions, with what else stands in the block. */
static uint32_t count(const uint8_t *code, uint32_t size) {
    uint32_t number = 0;
    uint32_t kinds = 0;
    for (uint32_t at = 0; at + 1 < size; number++) {
        kinds |= uses_fpu(code, size, at) ? USES_FPU : 0;
        kinds |= is_send_event(code, size, at) ? SENDS_EVENT : 0;
        at += is_wide(halfword(code, at)) ? 4u : 2u;
    }
    return number | kinds;
}

static void note_kinds(void *uc, tm_counter *counter, uint32_t kinds) {
    const uint32_t none = 0;
    if (kinds & SENDS_EVENT) {
        counter->event = 1;
    }
    if ((kinds & USES_FPU) && !counter->fpu_is_used) {
        counter->fpu_is_used = 1;
        if (counter->fpscr_register >= 0) {
            (void)counter->write_register(uc, counter->fpscr_register, &none);
        }
    }
}

/* ARM DDI 0403E B1.5.4: whether the exception that waits is more urgent than the masks. Within an
 * IT block it waits. */
static int may_be_taken(void *uc, const tm_counter *counter) {
    uint32_t masks[3] = {0, 0, counter->basepri};
    uint32_t status = 0;
    int32_t running = NOTHING_WAITS;
    (void)counter->read_register(uc, counter->status_register, &status);
    if (status & IT_STATE) {
        return 0;
    }
    if (counter->mask_registers[0] < 0) {
        masks[0] = status & CPSR_I;
        masks[1] = status & CPSR_F;
    } else {
        for (int i = 0; i < 3; i++) {
            (void)counter->read_register(uc, counter->mask_registers[i], &masks[i]);
        }
    }
    running = masks[2] != 0 ? (int32_t)(masks[2] & counter->group_mask) : running;
    running = masks[0] != 0 && running > 0 ? 0 : running;
    running = masks[1] != 0 && running > -1 ? -1 : running;
    return counter->waiting < running;
}

/* size is 0 if the block is known. */
static void add_cycles(tm_counter *counter, uint32_t address, uint32_t size) {
    const uint64_t offset = address - counter->flash_origin;
    const int is_flash = offset < counter->flash_bytes;
    uint32_t cost =
        is_flash && size == 0 ? counter->costs[offset >> 1] : counter->cost(address, size);
    if (is_flash && size != 0) {
        counter->costs[offset >> 1] = cost;
    }
    if (address != counter->block + counter->block_bytes) {
        counter->cycles += counter->refill + (cost >> 24);
    }
    counter->cycles += cost & 0xFFFFu;
    counter->refill = cost >> 16 & 0xFFu;
}

static int holds(tm_reads *reads, uint32_t address) {
    const uint32_t line = address / reads->line_bytes;
    const uint64_t part = 1ull << (address % reads->line_bytes / reads->read_bytes);
    tm_line *set = reads->lines + (size_t)(line % reads->sets) * reads->ways;
    tm_line *chosen = set;
    for (uint32_t way = 0; way < reads->ways; way++) {
        if (set[way].used != 0 && set[way].line == line) {
            const int found = (set[way].parts & part) != 0;
            set[way].parts |= part;
            set[way].used = ++reads->now;
            return found;
        }
        if (set[way].used < chosen->used) {
            chosen = &set[way];
        }
    }
    chosen->line = line;
    chosen->parts = part;
    chosen->used = ++reads->now;
    return 0;
}

static uint32_t waits(tm_reads *reads, uint32_t address, uint32_t size) {
    uint32_t found = 0;
    for (uint32_t at = address - address % reads->read_bytes; at < address + size;
         at += reads->read_bytes) {
        found += reads->ways != 0 && holds(reads, at) ? 0 : reads->wait_states;
    }
    return found;
}

static void halt(void *uc, tm_counter *counter, uint32_t reason) {
    counter->reason = reason;
    (void)counter->stop(uc);
}

/* uc_cb_hookcode_t of unicorn, as a block hook. */
void tm_count_block(void *uc, uint64_t address, uint32_t size, void *user) {
    tm_counter *counter = user;
    const uint64_t offset = address - counter->flash_origin;
    const uint8_t *code = counter->flash + offset;
    uint8_t copy[4096];
    uint32_t number;
    uint32_t fresh = 0;

    if (counter->instructions >= counter->limit) {
        if (counter->instructions >= counter->end) {
            halt(uc, counter, LIMIT);
            return;
        }
        if (counter->waiting < NOTHING_WAITS && may_be_taken(uc, counter)) {
            halt(uc, counter, EXCEPTION);
            return;
        }
    }
    if (offset < counter->flash_bytes && !counter->fpu_is_off &&
        counter->cache[offset >> 1] >> 16 == size) {
        number = counter->cache[offset >> 1] & 0xFFFFu;
    } else {
        if (offset >= counter->flash_bytes) {
            size = size < sizeof copy ? size : (uint32_t)sizeof copy;
            (void)counter->read(uc, address, copy, size);
            code = copy;
        }
        number = count(code, size);
        fresh = size;
        if (counter->fpu_is_off && (number & USES_FPU)) {
            counter->block = (uint32_t)address;
            counter->block_bytes = size;
            halt(uc, counter, FPU_IS_OFF);
            return;
        }
        if (offset < counter->flash_bytes) {
            counter->cache[offset >> 1] = size << 16 | number;
        }
    }
    if (number & ~NUMBER) {
        note_kinds(uc, counter, number);
        number &= NUMBER;
    }
    if (size == 2 && address == counter->block && halfword(code, 0) == BRANCH_TO_ITSELF) {
        if (++counter->spins > SPIN_LIMIT) {
            halt(uc, counter, SPINNING);
            return;
        }
    } else {
        counter->spins = 0;
    }
    if (counter->cost != NULL) {
        add_cycles(counter, (uint32_t)address, fresh);
    }
    if (counter->code != NULL && offset < counter->flash_bytes) {
        counter->waits += waits(counter->code, (uint32_t)address, size);
    }
    counter->instructions += number;
    counter->block = (uint32_t)address;
    counter->block_bytes = size;
}

/* The IT state that unicorn restores along with the program counter at a hooked access would
 * outlive its block: what comes after it would count as conditional. */
static void forget_it_state(tm_counter *counter, void *uc) {
    uint32_t status = 0;
    (void)counter->read_register(uc, counter->status_register, &status);
    if (status & IT_STATE) {
        status &= ~IT_STATE;
        (void)counter->write_register(uc, counter->status_register, &status);
    }
}

/* uc_cb_hookmem_t of unicorn, for loads from flash. */
void tm_read_flash(void *uc, int type, uint64_t address, int size, int64_t value, void *user) {
    tm_counter *counter = user;
    (void)type, (void)value;
    forget_it_state(counter, uc);
    counter->waits += waits(counter->data, (uint32_t)address, (uint32_t)size);
}

/* uc_cb_eventmem_t of unicorn. */
int tm_allow_access(void *uc, int type, uint64_t address, int size, int64_t value, void *user) {
    tm_counter *counter = user;
    (void)type, (void)address, (void)size, (void)value;
    (void)counter->read_register(uc, counter->pc_register, &counter->pc);
    forget_it_state(counter, uc);
    return 1;
}

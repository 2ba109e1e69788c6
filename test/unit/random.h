/*
 * random.h
 *	  Numbers that only look random: the same in every run, so that a failure
 *	  can be repeated.
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Random
{
	uint64_t	state;			/* not 0 */
} Random;

/* Marsaglia's xorshift64 with a multiplier (Vigna's xorshift64*). */
static inline uint64_t
random_bits(Random *random)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return random->state * UINT64_C(0x2545F4914F6CDD1D) >> 16;
}

/* 0 to n - 1; 0 for n = 0. */
static inline uint32_t
random_below(Random *random, uint64_t n)
{
	return n == 0 ? 0 : (uint32_t) (random_bits(random) % n);
}

static inline bool
one_in(Random *random, uint32_t n)
{
	return random_below(random, n) == 0;
}

/* Between -2 and 2. */
static inline float
random_float(Random *random)
{
	return (float) ((double) random_below(random, 4000001) / 1e6 - 2);
}

#endif							/* RANDOM_H */

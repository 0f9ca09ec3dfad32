/* SPDX-License-Identifier: MIT
 *
 * Memory comes from an allocator that the configuration names, is counted, and is bounded.
 * Every block is given back with its size, so that an allocator needs no headers of its own
 * and the count of what is outstanding is exact: zero once a stack is destroyed.
 */
#ifndef STRATA_BASE_MEMORY_H
#define STRATA_BASE_MEMORY_H

#include <stddef.h>

/* Where memory comes from. allocate() may return NULL at any call; both get `user` as given. */
struct allocator {
	void *(*allocate)(void *user, size_t size);
	void (*release)(void *user, void *block, size_t size);
	void *user;
};

/* A part of the stack may have a budget of its own: a second struct memory within the first, which must have room too.
 *
 *     memory   |#######################|.............|  limit
 *     budget        |######|...|  limit                 within memory: what it holds is counted in both
 */
struct memory {
	struct allocator from; /* or, of a budget: */
	struct memory *within; /* what it is part of; else NULL */
	size_t limit;          /* bytes that may be outstanding at once */
	size_t bytes;          /* bytes outstanding */
	size_t blocks;         /* blocks outstanding */
};

/* malloc() and free(). */
struct allocator memory_libc(void);

/* Zeroed memory of `size` > 0 bytes, or NULL: the allocator refused, or a limit was met. */
void *memory_get(struct memory *memory, size_t size);

/* Give back a block got with exactly this size. NULL is allowed and does nothing. */
void memory_put(struct memory *memory, void *block, size_t size);

#endif

/* SPDX-License-Identifier: MIT
 *
 * Counted, bounded memory.
 */
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void *libc_allocate(void *user, size_t size)
{
	(void)user;
	return malloc(size);
}

static void libc_release(void *user, void *block, size_t size)
{
	(void)user;
	(void)size;
	free(block);
}

struct allocator memory_libc(void)
{
	return (struct allocator){.allocate = libc_allocate, .release = libc_release};
}

void *memory_get(struct memory *memory, size_t size)
{
	assert(size > 0);
	if (memory->bytes > memory->limit || size > memory->limit - memory->bytes)
		return NULL;
	void *block =
	    memory->within ? memory_get(memory->within, size) : memory->from.allocate(memory->from.user, size);
	if (!block)
		return NULL;
	memory->bytes += size;
	memory->blocks++;
	return memory->within ? block : memset(block, 0, size);
}

void memory_put(struct memory *memory, void *block, size_t size)
{
	if (!block)
		return;
	assert(memory->blocks > 0 && memory->bytes >= size);
	memory->bytes -= size;
	memory->blocks--;
	if (memory->within)
		memory_put(memory->within, block, size);
	else
		memory->from.release(memory->from.user, block, size);
}

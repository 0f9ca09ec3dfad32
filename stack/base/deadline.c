/* SPDX-License-Identifier: MIT
 *
 * The pairing heap of deadlines (Fredman, Sedgewick, Sleator and Tarjan, 1986).
 *
 * Two operations carry everything. Melding two heaps hangs the later root below the earlier one, as its first child.
 * Merging the children of a node that goes away melds them two by two and then all together; the first pass is what
 * makes it O(log n) amortised, for it halves the number of children that are left. Neither recurses: a heap can be as
 * deep as it has deadlines.
 */
#include "base/deadline.h"

#include <stddef.h>

/* Make one heap of two, either of which may be NULL. Among equals `a` stays above. */
static struct deadline *meld(struct deadline *a, struct deadline *b)
{
	if (!a || !b)
		return a ? a : b;
	if (b->at < a->at) {
		struct deadline *earlier = b;
		b = a;
		a = earlier;
	}
	b->next = a->child;
	if (b->next)
		b->next->previous = b;
	b->previous = a;
	a->child = b;
	return a;
}

/* Make one heap of the siblings from `first` on; NULL for none. */
static struct deadline *merge(struct deadline *first)
{
	struct deadline *pairs = NULL; /* chained through `next`, the rightmost in front */
	while (first) {
		struct deadline *second = first->next;
		struct deadline *rest = second ? second->next : NULL;
		struct deadline *pair = meld(first, second);
		pair->next = pairs;
		pairs = pair;
		first = rest;
	}
	struct deadline *root = NULL;
	while (pairs) {
		struct deadline *rest = pairs->next;
		root = meld(pairs, root);
		pairs = rest;
	}
	if (root) {
		root->next = NULL;
		root->previous = NULL;
	}
	return root;
}

/* Unhook a node that is not the root, with all below it, from its parent and siblings. */
static void cut(struct deadline *node)
{
	if (node->previous->child == node)
		node->previous->child = node->next;
	else
		node->previous->next = node->next;
	if (node->next)
		node->next->previous = node->previous;
}

void deadline_init(struct deadline *deadline, uint8_t kind)
{
	*deadline = (struct deadline){.kind = kind};
}

void deadline_set(struct deadlines *heap, struct deadline *deadline, uint64_t at)
{
	deadline_clear(heap, deadline);
	deadline->at = at;
	deadline->armed = true;
	heap->root = meld(heap->root, deadline);
}

void deadline_clear(struct deadlines *heap, struct deadline *deadline)
{
	if (!deadline->armed)
		return;
	struct deadline *below = merge(deadline->child);
	if (deadline == heap->root) {
		heap->root = below;
	} else {
		cut(deadline);
		heap->root = meld(heap->root, below);
	}
	deadline_init(deadline, deadline->kind);
}

uint64_t deadline_first(const struct deadlines *heap)
{
	return heap->root ? heap->root->at : DEADLINE_NEVER;
}

struct deadline *deadline_take(struct deadlines *heap, uint64_t now)
{
	struct deadline *first = heap->root;
	if (!first || first->at > now)
		return NULL;
	deadline_clear(heap, first);
	return first;
}

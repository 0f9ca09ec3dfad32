/* SPDX-License-Identifier: MIT
 *
 * A doubly linked list through its members. A list's head is a node of its own; a node that is in no list points to itself,
 * so that removing it twice does no harm.
 */
#ifndef STRATA_BASE_LIST_H
#define STRATA_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *previous;
};

/* The structure that holds this node as the given member. */
#define LIST_ITEM(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *node)
{
	node->next = node;
	node->previous = node;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_append(struct list *head, struct list *node)
{
	node->next = head;
	node->previous = head->previous;
	head->previous->next = node;
	head->previous = node;
}

static inline void list_remove(struct list *node)
{
	node->next->previous = node->previous;
	node->previous->next = node->next;
	list_init(node);
}

/* Take the first node out, or NULL. */
static inline struct list *list_take(struct list *head)
{
	struct list *first = head->next;
	if (first == head)
		return NULL;
	list_remove(first);
	return first;
}

#endif

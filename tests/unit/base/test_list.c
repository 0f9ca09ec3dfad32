/* SPDX-License-Identifier: MIT
 *
 * Lists through members.
 */
#include <criterion/criterion.h>

#include "base/list.h"

struct item {
	int value;
	struct list node;
};

/* The values in order, walked both ways. */
static void expect(const struct list *head, unsigned count, const int *values)
{
	const struct list *node = head->next;
	for (unsigned i = 0; i < count; i++, node = node->next)
		cr_assert_eq(LIST_ITEM(node, struct item, node)->value, values[i], "forward %u", i);
	cr_assert_eq(node, head);
	node = head->previous;
	for (unsigned i = count; i-- > 0; node = node->previous)
		cr_assert_eq(LIST_ITEM(node, struct item, node)->value, values[i], "backward %u", i);
	cr_assert_eq(node, head);
	cr_assert_eq(list_empty(head), count == 0);
}

static void append_all(struct list *head, struct item items[4])
{
	list_init(head);
	for (int i = 0; i < 4; i++) {
		items[i].value = i;
		list_append(head, &items[i].node);
	}
}

Test(list, appends_in_order)
{
	struct list head;
	struct item items[4];
	list_init(&head);
	expect(&head, 0, NULL);
	append_all(&head, items);
	expect(&head, 4, (const int[]){0, 1, 2, 3});
}

Test(list, removes_from_anywhere_and_twice_without_harm)
{
	struct list head;
	struct item items[4];
	append_all(&head, items);
	list_remove(&items[1].node);
	expect(&head, 3, (const int[]){0, 2, 3});
	list_remove(&items[1].node);
	expect(&head, 3, (const int[]){0, 2, 3});
	list_remove(&items[3].node);
	expect(&head, 2, (const int[]){0, 2});
	list_remove(&items[0].node);
	list_remove(&items[2].node);
	expect(&head, 0, NULL);
}

Test(list, takes_the_first_until_none_is_left)
{
	struct list head;
	struct item items[4];
	append_all(&head, items);
	for (int i = 0; i < 4; i++) {
		struct list *taken = list_take(&head);
		cr_assert_eq(taken, &items[i].node);
		cr_assert(list_empty(taken), "a taken node is in no list");
	}
	cr_assert_null(list_take(&head));
}

Test(list, a_removed_node_can_be_appended_again)
{
	struct list head;
	struct item items[4];
	append_all(&head, items);
	list_remove(&items[0].node);
	list_append(&head, &items[0].node);
	expect(&head, 4, (const int[]){1, 2, 3, 0});
}

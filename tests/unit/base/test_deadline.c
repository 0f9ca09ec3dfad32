/* SPDX-License-Identifier: MIT
 *
 * Deadlines: order, clearing, moving, and then against an array that is searched from end to end.
 */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "base/deadline.h"
#include "base/random.h"

/* Check the shape of the heap from this node on: links agree, nothing is due before its parent. How many nodes? */
static unsigned check(const struct deadline *node, const struct deadline *before, uint64_t floor)
{
	unsigned count = 0;
	for (; node; before = node, node = node->next) {
		cr_assert_eq(node->previous, before);
		cr_assert(node->armed);
		cr_assert_geq(node->at, floor);
		count += 1 + check(node->child, node, node->at);
	}
	return count;
}

static unsigned check_heap(const struct deadlines *heap)
{
	cr_assert(!heap->root || !heap->root->next, "the root is alone");
	return check(heap->root, NULL, 0);
}

Test(deadline, none_is_never)
{
	struct deadlines heap = {0};
	cr_assert_eq(deadline_first(&heap), DEADLINE_NEVER);
	cr_assert_null(deadline_take(&heap, UINT64_MAX));
}

Test(deadline, is_due_at_its_time_and_not_before)
{
	struct deadlines heap = {0};
	struct deadline d;
	deadline_init(&d, 7);
	cr_assert_not(d.armed);
	deadline_set(&heap, &d, 1000);
	cr_assert(d.armed);
	cr_assert_eq(d.at, 1000);
	cr_assert_eq(deadline_first(&heap), 1000);
	cr_assert_null(deadline_take(&heap, 999));
	cr_assert_eq(deadline_take(&heap, 1000), &d);
	cr_assert_not(d.armed);
	cr_assert_eq(d.kind, 7);
	cr_assert_null(deadline_take(&heap, UINT64_MAX), "it is taken once");
}

Test(deadline, come_in_order_of_time)
{
	static const uint64_t times[] = {5, 9, 7, 6, 8, 1, UINT64_MAX - 1, 0, UINT64_C(1) << 32, 3};
	static const unsigned order[] = {7, 5, 9, 0, 3, 2, 4, 1, 8, 6};
	struct deadlines heap = {0};
	struct deadline d[10];
	for (unsigned i = 0; i < 10; i++) {
		deadline_init(&d[i], (uint8_t)i);
		deadline_set(&heap, &d[i], times[i]);
		cr_assert_eq(check_heap(&heap), i + 1);
	}
	for (unsigned i = 0; i < 10; i++) {
		cr_assert_eq(deadline_first(&heap), times[order[i]]);
		cr_assert_eq(deadline_take(&heap, UINT64_MAX), &d[order[i]], "%u", i);
		cr_assert_eq(check_heap(&heap), 9 - i);
	}
}

Test(deadline, setting_again_moves_it_either_way)
{
	struct deadlines heap = {0};
	struct deadline a, b;
	deadline_init(&a, 0);
	deadline_init(&b, 0);
	deadline_set(&heap, &a, 10);
	deadline_set(&heap, &b, 20);
	deadline_set(&heap, &a, 30);
	cr_assert_eq(deadline_first(&heap), 20);
	deadline_set(&heap, &a, 5);
	cr_assert_eq(deadline_first(&heap), 5);
	deadline_set(&heap, &a, 5);
	cr_assert_eq(check_heap(&heap), 2);
	cr_assert_eq(deadline_take(&heap, 100), &a);
	cr_assert_eq(deadline_take(&heap, 100), &b);
}

Test(deadline, a_cleared_one_never_comes)
{
	struct deadlines heap = {0};
	struct deadline d[3];
	for (unsigned i = 0; i < 3; i++) {
		deadline_init(&d[i], 0);
		deadline_set(&heap, &d[i], i);
	}
	deadline_clear(&heap, &d[1]);
	cr_assert_not(d[1].armed);
	deadline_clear(&heap, &d[1]);
	deadline_clear(&heap, &d[0]);
	cr_assert_eq(deadline_take(&heap, 100), &d[2]);
	cr_assert_null(deadline_take(&heap, 100));
	deadline_clear(&heap, &d[2]);
	deadline_set(&heap, &d[1], 4);
	cr_assert_eq(deadline_take(&heap, 100), &d[1], "and can be armed again");
}

Test(deadline, heaps_are_independent)
{
	struct deadlines one = {0}, other = {0};
	struct deadline a, b;
	deadline_init(&a, 0);
	deadline_init(&b, 0);
	deadline_set(&one, &a, 1);
	deadline_set(&other, &b, 2);
	cr_assert_null(deadline_take(&other, 1));
	cr_assert_eq(deadline_take(&one, 1), &a);
	cr_assert_eq(deadline_first(&other), 2);
}

/* A heap that was filled in falling order is one long chain, and in rising order one root with all the others
 * as children: neither may cost the call stack or quadratic time. */
Test(deadline, a_hundred_thousand_in_a_row)
{
	enum { COUNT = 100000 };
	struct deadlines heap = {0};
	struct deadline *d = calloc(COUNT, sizeof *d);
	for (unsigned falling = 0; falling < 2; falling++) {
		for (unsigned i = 0; i < COUNT; i++)
			deadline_set(&heap, &d[i], falling ? COUNT - i : i);
		uint64_t last = 0;
		for (unsigned i = 0; i < COUNT; i++) {
			uint64_t at = deadline_first(&heap);
			if (at < last || !deadline_take(&heap, at))
				cr_assert_fail("number %u is out of order", i);
			last = at;
		}
		cr_assert_null(heap.root);
	}
	free(d);
}

/* The model: is it armed, and for when. Times are few, so that there are many equals. */
enum { MODEL = 60, TIMES = 40 };

struct model {
	bool armed[MODEL];
	uint64_t at[MODEL];
};

static uint64_t model_first(const struct model *m)
{
	uint64_t first = DEADLINE_NEVER;
	for (unsigned i = 0; i < MODEL; i++)
		if (m->armed[i] && m->at[i] < first)
			first = m->at[i];
	return first;
}

static unsigned model_count(const struct model *m)
{
	unsigned count = 0;
	for (unsigned i = 0; i < MODEL; i++)
		count += m->armed[i];
	return count;
}

/* Take from both: whichever of the earliest it was, it must be armed in the model and due. */
static struct deadline *take(struct deadlines *heap, struct model *m, struct deadline *d, uint64_t now)
{
	uint64_t first = model_first(m);
	struct deadline *taken = deadline_take(heap, now);
	if ((taken != NULL) != (first <= now))
		cr_assert_fail("at %lu, with the first due at %lu, %s came", (unsigned long)now, (unsigned long)first,
			       taken ? "one" : "none");
	if (taken) {
		unsigned i = (unsigned)(taken - d);
		if (!m->armed[i] || m->at[i] != first || taken->armed || taken->kind != i)
			cr_assert_fail("the wrong one was taken: %u", i);
		m->armed[i] = false;
	}
	return taken;
}

/* A long random life; returns a digest of everything that was taken, in order. */
static uint64_t live(void)
{
	struct random random;
	random_init(&random, (const uint8_t[16]){"deadline......."});
	struct deadlines heap = {0};
	struct model model = {0};
	struct deadline d[MODEL];
	for (unsigned i = 0; i < MODEL; i++)
		deadline_init(&d[i], (uint8_t)i);
	uint64_t digest = 0;
	for (unsigned step = 0; step < 30000; step++) {
		uint64_t i = random_below(&random, MODEL), at = random_below(&random, TIMES);
		uint64_t choice = random_below(&random, 10);
		if (choice < 5) {
			deadline_set(&heap, &d[i], at);
			model.armed[i] = true;
			model.at[i] = at;
		} else if (choice < 7) {
			deadline_clear(&heap, &d[i]);
			model.armed[i] = false;
		} else {
			struct deadline *taken = take(&heap, &model, d, at);
			digest = digest * 61 + (taken ? taken->kind + 1u : 0);
		}
		if (deadline_first(&heap) != model_first(&model))
			cr_assert_fail("step %u: first is %lu, not %lu", step, (unsigned long)deadline_first(&heap),
				       (unsigned long)model_first(&model));
		if (step % 16 == 0)
			cr_assert_eq(check_heap(&heap), model_count(&model), "step %u", step);
	}
	return digest;
}

Test(deadline, agrees_with_a_searched_array)
{
	live();
}

Test(deadline, equals_come_in_the_same_order_every_time)
{
	cr_assert_eq(live(), live());
}

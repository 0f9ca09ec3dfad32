/* SPDX-License-Identifier: MIT
 *
 * build/tests/story: the story, told for a reader. `make story`.
 */
#include <inttypes.h>
#include <stdio.h>

#include "tests/story/story.h"

static void tell(void *user, const struct story_frame *frame)
{
	(void)user;
	const struct story_step *step = frame->number <= story_step_count ? &story_steps[frame->number - 1] : NULL;
	printf("%3s %2" PRIu64 ".%06" PRIu64 "  %s\n", step ? step->step : "?", frame->time / 1000000,
	       frame->time % 1000000, frame->line);
	if (step)
		printf("               %s\n               %s\n\n", step->sentence, step->where);
}

int main(void)
{
	struct story_end end;
	puts("A machine wakes up and wants http://www.nain-t.net/. The numbers are those of the capture that this is "
	     "compared with.\n");
	bool over = story_play(tell, NULL, &end);
	printf("The page: %u, \"%.15s\". The icon: %u. One connection for both: %s.\n", end.status[0], end.page,
	       end.status[1], end.connections == 1 ? "yes" : "no");
	return over ? 0 : 1;
}

/* SPDX-License-Identifier: MIT
 *
 * An assertion that fails in .fini fails its test. Criterion 2.4 settles a test's verdict before .fini runs, and reports one that
 * leaks or will not be silent there as passed. These hooks run in the process that reports: the assertions have all been
 * counted when .fini is over, and the line that says "ok" is written after all the tests.
 *
 * A crash in .fini is told by the exit status of the whole.
 */
#include <criterion/criterion.h>
#include <criterion/hooks.h>

static size_t late_failures;

ReportHook(POST_FINI)(struct criterion_test_stats *test)
{
	if (test->failed_asserts == 0 || test->test_status != CR_STATUS_PASSED)
		return;
	test->test_status = CR_STATUS_FAILED;
	late_failures++;
}

ReportHook(POST_ALL)(struct criterion_global_stats *all)
{
	all->tests_passed -= late_failures;
	all->tests_failed += late_failures;
}

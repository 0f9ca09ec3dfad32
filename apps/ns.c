/* SPDX-License-Identifier: MIT
 *
 * strata ns [-- CMD...] and strata enter [-- CMD...]: shells in a private network.
 *
 *     strata ns      new network (and user) namespace; in the list of runtime.h
 *        |           waits; passes signals on; ends everything when its terminal is gone
 *      init          process 1 of a PID namespace: when it ends, or `strata ns` does, the kernel ends every process inside,
 *        |           also what has gone into the background; takes care of orphans
 *      CMD           the shell
 *
 *     strata enter   joins the namespaces of that init, and so ends with it too
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/causes.h"
#include "apps/commands.h"
#include "apps/private.h"
#include "apps/runtime.h"

#define NS_PATIENCE 2000 /* milliseconds that CMD has to end in when it was asked to: strata itself needs one second */
#define NS_FAILED   2

static int ns_fail(const char *what, const char *which, const char *why, const char *command)
{
	char line[CAUSE_LINE];
	cause_line(line, what, which, why, command);
	cause_tell(line);
	return NS_FAILED;
}

/* ---- the command inside ---- */

/* `strata` is found inside also where it has not been installed: its directory is the last of PATH. */
static void ns_extend_path(void)
{
	char program[512], path[4096];
	const char *before = getenv("PATH");
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
	if (length <= 0)
		return;
	program[length] = '\0';
	*strrchr(program, '/') = '\0';
	if (snprintf(path, sizeof path, "%s:%s", before ? before : "/usr/sbin:/usr/bin:/sbin:/bin", program) <
	    (int)sizeof path)
		setenv("PATH", path, 1);
}

/* Become CMD, or a shell. */
static void ns_become(char **command, const sigset_t *signals)
{
	const char *shell = getenv("SHELL");
	char *interactive[] = {(char *)(uintptr_t)(shell && *shell ? shell : "/bin/sh"), NULL};
	sigprocmask(SIG_SETMASK, signals, NULL);
	ns_extend_path();
	if (!command[0])
		command = interactive;
	execvp(command[0], command);
	int error = errno;
	ns_fail("starting", command[0], strerror(error), "strata help ns");
	_exit(error == ENOENT ? 127 : 126);
}

static int ns_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- waiting ---- */

/* The signals that are waited for, blocked from now on. */
static sigset_t ns_block(sigset_t *before)
{
	static const int which[] = {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof which / sizeof which[0]; i++)
		sigaddset(&set, which[i]);
	sigprocmask(SIG_BLOCK, &set, before);
	return set;
}

struct ns_watch {
	pid_t child;
	int signals;  /* descriptor */
	int terminal; /* standard input where that is a terminal, or -1 */
	int patience; /* milliseconds until the child is killed, or -1: it has not been asked to end */
};

/* A signal for us is one for the child. A terminal sends its own to all, the child too. */
static void ns_pass_on(struct ns_watch *w)
{
	struct signalfd_siginfo info;
	if (read(w->signals, &info, sizeof info) != (ssize_t)sizeof info || info.ssi_signo == SIGCHLD ||
	    info.ssi_code == SI_KERNEL)
		return;
	kill(w->child, w->patience < 0 ? (int)info.ssi_signo : SIGKILL);
	w->patience = NS_PATIENCE;
}

/* Until the child ends: its status. A terminal that hangs up tells only the leader of its session, which may be waiting for us,
 * so that we look ourselves. */
static int ns_wait(struct ns_watch *w)
{
	int status;
	while (waitpid(w->child, &status, WNOHANG) == 0) {
		struct pollfd polled[2] = {{.fd = w->signals, .events = POLLIN}, {.fd = w->terminal}};
		int events = poll(polled, 2, w->patience);
		if (polled[0].revents & POLLIN)
			ns_pass_on(w);
		if (events == 0 || (polled[1].revents & (POLLHUP | POLLERR)))
			kill(w->child, SIGKILL);
		if (polled[1].revents)
			w->terminal = -1;
	}
	return ns_status(status);
}

static int ns_watch(pid_t child, const sigset_t *set)
{
	struct ns_watch w = {.child = child,
			     .signals = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK),
			     .terminal = isatty(STDIN_FILENO) ? STDIN_FILENO : -1,
			     .patience = -1};
	int status = ns_wait(&w);
	close(w.signals);
	return status;
}

/* ---- strata ns ---- */

/* Process 1 inside. It has a /proc of its own where that may be mounted (not in every container), or ps would show the world
 * outside. */
static int ns_init(char **command, const sigset_t *set, const sigset_t *before)
{
	siginfo_t info;
	int status;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	pid_t child = fork(), ended;
	if (child == 0)
		ns_become(command, before);
	while (child > 0) {
		while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
			if (ended == child)
				return ns_status(status);
		if (sigwaitinfo(set, &info) > 0 && info.si_signo != SIGCHLD && info.si_code != SI_KERNEL)
			kill(child, info.si_signo);
	}
	return ns_fail("starting", "a process", strerror(errno), "ulimit -u");
}

/* What stands after the command's name: `--` may begin it. NULL: an option, which there is none of; told. */
static char **ns_command(char **argv)
{
	if (!argv[1] || argv[1][0] != '-')
		return argv + 1;
	if (strcmp(argv[1], "--") == 0)
		return argv + 2;
	fprintf(stderr, "strata: reading the command line failed on %s: there is no such option; do: strata help %s\n",
		argv[1], argv[0]);
	return NULL;
}

/* Say where one is; not to a command, and not when nobody reads it. */
static void ns_greet(char **command)
{
	if (!command[0] && isatty(STDIN_FILENO))
		fprintf(stderr,
			"strata: a private network: strata0 has 192.0.2.1/24. Another terminal joins it by `strata "
			"enter`; `exit` leaves nothing behind.\n");
}

int ns_main(int argc, char **argv)
{
	sigset_t set, before;
	char directory[RUNTIME_PATH];
	char **command = ns_command(argv);
	(void)argc;
	if (!command)
		return NS_FAILED;
	if (!runtime_directory(directory))
		return ns_fail("keeping a list of private networks", directory, strerror(errno),
			       "ls -ld /run/strata /tmp/strata-*");
	if (!private_make(CLONE_NEWPID)) {
		rmdir(directory);
		return NS_FAILED;
	}
	set = ns_block(&before);
	ns_greet(command);
	pid_t init = fork();
	if (init == 0)
		_exit(ns_init(command, &set, &before));
	if (init < 0)
		return ns_fail("starting", "a process", strerror(errno), "ulimit -u");
	if (!runtime_add_network(directory, init))
		ns_fail("letting strata enter find it", directory, strerror(errno), "df /run /tmp");
	int status = ns_watch(init, &set);
	runtime_remove_network(directory, init);
	return status;
}

/* ---- strata enter ---- */

/* The namespaces of a process, in the order in which they can be joined: in the user's we may join the others. */
static const char *const enter_kinds[] = {"user", "net", "pid", "mnt"};
#define ENTER_KINDS (sizeof enter_kinds / sizeof enter_kinds[0])

/* Open what is to be joined: -1 for those that we are in already, -2 where it cannot be had. */
static int enter_open(pid_t pid, const char *kind)
{
	char theirs[64], ours[64];
	struct stat a, b;
	snprintf(theirs, sizeof theirs, "/proc/%ld/ns/%s", (long)pid, kind);
	snprintf(ours, sizeof ours, "/proc/self/ns/%s", kind);
	if (stat(theirs, &a) < 0 || stat(ours, &b) < 0)
		return -2;
	if (a.st_ino == b.st_ino)
		return -1;
	int f = open(theirs, O_RDONLY | O_CLOEXEC);
	return f < 0 ? -2 : f;
}

/* Join them all; all are opened before the first is joined, after which /proc may be another. */
static bool enter_join(pid_t pid)
{
	int namespaces[ENTER_KINDS];
	bool joined = true;
	for (size_t i = 0; i < ENTER_KINDS; i++) {
		namespaces[i] = enter_open(pid, enter_kinds[i]);
		joined = joined && namespaces[i] != -2;
	}
	for (size_t i = 0; i < ENTER_KINDS; i++)
		if (namespaces[i] >= 0) {
			joined = joined && setns(namespaces[i], 0) == 0;
			close(namespaces[i]);
		}
	return joined;
}

int enter_main(int argc, char **argv)
{
	sigset_t set, before;
	char here[4096];
	char **command = ns_command(argv);
	(void)argc;
	if (!command)
		return NS_FAILED;
	pid_t network = runtime_find_network();
	if (!network)
		return ns_fail("entering", "the private network", "none of this user's is running", "strata ns");
	if (!getcwd(here, sizeof here))
		here[0] = '\0';
	if (!enter_join(network))
		return ns_fail("entering", "the private network",
			       errno == ENOENT ? "it is just ending" : strerror(errno), "strata ns");
	if (here[0] && chdir(here) < 0) {
		/* another mount namespace begins at its root, where we then stay */
	}
	set = ns_block(&before);
	pid_t child = fork();
	if (child == 0)
		ns_become(command, &before);
	return child < 0 ? ns_fail("starting", "a process", strerror(errno), "ulimit -u") : ns_watch(child, &set);
}

/* SPDX-License-Identifier: MIT
 *
 * The library's one entry, the table that it fills, and what every call begins and ends with.
 */
#include "tests/packetdrill/adapter.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void notice(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("strata-packetdrill: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

struct adapter *call_begin(void *user)
{
	struct adapter *a = user;

	pthread_mutex_lock(&a->lock);
	settings_refresh(&a->settings);
	return a;
}

long call_end(struct adapter *a, long result)
{
	clock_settle(a);
	pthread_mutex_unlock(&a->lock);
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

struct stack *adapter_stack(struct adapter *a)
{
	struct stack_config config = stack_defaults();
	const struct settings *s = &a->settings;

	if (a->stack)
		return a->stack;
	config.mac = (struct mac){{0x02, 0, 0, 0, 0, 1}};
	config.address = s->address;
	config.prefix_length = s->prefix_length;
	config.gateway = s->gateway;
	config.mtu = s->mtu;
	config.ttl = (uint8_t)s->ttl;
	config.emit = wire_emit;
	config.emit_user = a;
	config.send_buffer = (size_t)8 << 20;
	config.receive_buffer = s->receive_max;
	config.window_scale = settings_window_scale(s);
	config.idle_restart = s->idle_restart;
	config.timestamps = s->timestamps;
	config.sack = s->sack;
	config.window_scaling = s->window_scaling;
	memcpy(config.seed, &s->seed, sizeof s->seed);
	a->stack = stack_create(&config, a->now);
	if (!a->stack) {
		notice("the stack failed to start: address, gateway and MTU do not fit each other; do: look at "
		       "--so_flags");
		abort();
	}
	return a->stack;
}

static void adapter_release(void *user)
{
	struct adapter *a = user;

	for (int i = 0; i < FILES_MAX; i++)
		if (a->files[i].kind != FILE_NONE)
			file_close(a, &a->files[i]);
	if (a->stack)
		stack_destroy(a->stack);
	wire_release(a);
	free(a);
}

static const struct interface_table calls = {
    .release = adapter_release,
    .socket = files_socket,
    .bind = files_bind,
    .listen = files_listen,
    .accept = files_accept,
    .connect = files_connect,
    .read = transfer_read,
    .readv = transfer_readv,
    .recv = transfer_recv,
    .recvfrom = transfer_recvfrom,
    .recvmsg = transfer_recvmsg,
    .write = transfer_write,
    .writev = transfer_writev,
    .send = transfer_send,
    .sendto = transfer_sendto,
    .sendmsg = transfer_sendmsg,
    .fcntl = files_fcntl,
    .ioctl = files_ioctl,
    .close = files_close,
    .shutdown = files_shutdown,
    .getsockopt = options_get,
    .setsockopt = options_set,
    .poll = ready_poll,
    .wire_in = wire_in,
    .wire_out = wire_out,
    .sleep = clock_sleep,
    .time_of_day = clock_time_of_day,
    .epoll_create = ready_epoll_create,
    .epoll_ctl = ready_epoll_ctl,
    .epoll_wait = ready_epoll_wait,
    .pipe = pipes_pipe,
    .splice = pipes_splice,
};

__attribute__((visibility("default"))) void packetdrill_interface_init(const char *flags, struct interface_table *table)
{
	struct adapter *a = calloc(1, sizeof *a);

	if (!a) {
		notice("no memory");
		abort();
	}
	pthread_mutex_init(&a->lock, NULL);
	a->main = pthread_self();
	clock_init(a);
	wire_init(a);
	settings_init(&a->settings, flags);
	*table = calls;
	table->user = a;
}

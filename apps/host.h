/* SPDX-License-Identifier: MIT
 *
 * The host: a stack with its feet on this computer. It owns the device, the clock (CLOCK_MONOTONIC) and the loop that
 * brings them together, and hears SIGINT and SIGTERM. An app is a file on top of it, in one of two styles:
 *
 *   - by readiness, any number of connections at once (echo.c, httpd.c):
 *         host_on_ready(host, fn, user), open and listen on sockets, status = host_run(host), close the sockets
 *   - by blocking calls, one thing after another: host_connect(), host_send(), host_receive() ... each runs the loop
 *     until it can answer
 *
 * The two do not mix in one moment: no blocking call inside on_ready.
 *
 *     stack <-> trace <-> pcap <-> wire <-> tap       --trace, --pcap and --loss, --delay ... put themselves between
 *
 * The trace and the capture show what the stack sends and receives: what a bad wire loses on its way out is still seen
 * leaving, what it loses on its way in is never seen. What the wire has done is told on standard error in the end.
 *
 * One host at a time in a process, because signals belong to the process: they are blocked from host_open() to
 * host_close() and read from a descriptor in the loop, so that none can fall between a check and a sleep.
 */
#ifndef STRATA_APPS_HOST_H
#define STRATA_APPS_HOST_H

#include "apps/options.h"
#include "dns/dns.h"
#include "drivers/driver.h"
#include "stack.h"

#define HOST_FOREVER (-1)
#define HOST_LINGER  1000 /* milliseconds that connections have to end in after a signal, or in host_close() */

struct host;

/* Put a machine on the wire as the options say; with --probe this takes seconds. NULL: the reason has been printed (exit
 * status 2). */
struct host *host_open(const struct options *options);

/* The same on a device that is there already; --tap and --mtu mean nothing then, and the address must have been
 * given. The device belongs to the host, also when this fails. */
struct host *host_open_on(struct driver *device, const struct options *options);

/* Close all sockets, wait for their connections to end (until HOST_LINGER after the first signal at most, or for so long where none
 * came; a further signal ends it at once), end the capture, and give everything back. So an app that waits for its own work
 * to end after a signal leaves part of that time to this. A TAP that was made vanishes. 0; or 1: the device was gone, or the
 * capture could not be written, which has been told. */
int host_close(struct host *host);

struct stack *host_stack(struct host *host);

/* The options with everything filled in: the addresses that the machine has. */
const struct options *host_options(const struct host *host);

/* Microseconds on the clock that the stack is run by. */
uint64_t host_now(void);

/* Have `ready` called for each socket that becomes ready (stack.h, on_ready). */
void host_on_ready(struct host *host, void (*ready)(void *user, struct socket *socket), void *user);

/* Have `hear` called for everything that the stack tells (base/event.h), as it happens; it makes no call of the stack's. */
void host_on_event(struct host *host, void (*hear)(void *user, const struct event *event), void *user);

/* Wake up, and go round the loop, also when this descriptor is ready for these events of poll(2); until it is called again. -1: none,
 * as at first. */
void host_wait_for(struct host *host, int descriptor, short events);

/* Run until SIGINT or SIGTERM, or until host_stop(): 0. Until the device is gone, which is told: 1. */
int host_run(struct host *host);

/* Make host_run() return; for use inside on_ready. */
void host_stop(struct host *host);

/* Let everything out that is owed. What runs the loop does so by itself. */
void host_flush(struct host *host);

/* Run until done(user), asked after every round of the loop, says so: 0; or -ETIMEDOUT, -EINTR (SIGINT or SIGTERM),
 * -ENODEV (the device is gone). All the calls below add these three to their answers; timeouts are in milliseconds,
 * or HOST_FOREVER. */
int host_until(struct host *host, bool (*done)(void *user), void *user, int timeout);

/* Connect: 0 and *socket, to be closed by the caller; or -ECONNREFUSED, -EHOSTUNREACH, ... as socket_error() tells,
 * -ENOMEM. */
int host_connect(struct host *host, const struct endpoint *remote, int timeout, struct socket **socket);

/* Take the next connection of a listening socket: 0 and *socket. One that there is no memory for goes on waiting. */
int host_accept(struct host *host, struct socket *listener, int timeout, struct socket **socket);

/* Hand all of it to the connection: 0, or the connection's error, after which part may have been sent. The time-out
 * is for each wait. */
int host_send(struct host *host, struct socket *socket, const void *bytes, size_t length, int timeout);

/* Receive at least one byte: how many, 0 at the end of the stream, or the connection's error. */
long host_receive(struct host *host, struct socket *socket, void *bytes, size_t room, int timeout);

/* End as BSD's close() does where SO_LINGER is on: say that nothing more is sent, wait until the peer has acknowledged all, and
 * close; what has not been acknowledged by then is lost, and the connection reset. The socket is invalid afterwards: 0,
 * -ETIMEDOUT, or the connection's error. (Not to wait here is socket_set_linger() and socket_close().) */
int host_close_lingering(struct host *host, struct socket *socket, int timeout);

/* End politely: say that nothing more is sent, throw away what still comes until the peer has ended too, and close.
 * The socket is invalid afterwards, whatever the answer: 0, or why the peer's end was not waited for. */
int host_close_socket(struct host *host, struct socket *socket, int timeout);

/* ---- names (host_resolve.c) ---- */

/* Look up what `wanted` says, and have `see` called with the answer, which is borrowed for the length of that call. 0 when it has
 * been, whatever the answer is; or -EINVAL, -EAGAIN, -ENOMEM as dns_begin() tells. */
int host_look_up(struct host *host, const struct dns_wanted *wanted, int timeout,
		 void (*see)(void *user, const struct dns_answer *answer), void *user);

/* Find the IPv4 addresses of a host by its name, or by its address in numbers: how many there are, the first `room` > 0 of which
 * are put into `addresses`. -EINVAL: no name, or an IPv6 address; -ENOENT: there is no such name, or it has no address; -EIO: the servers
 * could not find out, refuse, or answer nonsense; -ENETUNREACH: none can be reached; -ETIMEDOUT, also when none has answered.
 * *status, where not NULL, is why, for dns_status_text(). */
int host_resolve(struct host *host, const char *name, int timeout, struct address *addresses, unsigned room,
		 enum dns_status *status);

/* Give the stack its name servers and fixed names, as the options say; what host_open() does. False: no memory. */
bool host_set_names(struct host *host);

/* The name servers in the text of a resolv.conf(5) that a separate machine can reach: IPv4, and not loopback. How many, `room` at
 * most. */
unsigned host_read_resolv_conf(const char *text, struct address *servers, unsigned room);

#endif

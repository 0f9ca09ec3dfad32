/* SPDX-License-Identifier: MIT
 *
 * A private network: a network namespace, which has interfaces, addresses, routes and rules of its own, and vanishes with the
 * last process in it. Inside stands the bridge strata0 with the host's address, so that
 *
 *      the kernel's tools
 *      192.0.2.1
 *      strata0 --+-- tap0 ==== strata httpd      192.0.2.2
 *                +-- tap1 ==== strata curl       192.0.2.3
 *
 * Whoever may not make one gets a user namespace around it, in which he is root; outside of it he is who he was.
 */
#ifndef STRATA_APPS_PRIVATE_H
#define STRATA_APPS_PRIVATE_H

#include <stdbool.h>

/* Take this process into a new private network; `namespaces` are further ones to be made at the same time (unshare(2)). Needs
 * a process of one thread. False: told on standard error, and the process may be in half of one. */
bool private_make(int namespaces);

/* The same for `strata COMMAND --ns`, and have `strata enter` find it until this process ends. */
bool private_enter(void);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The commands of `strata COMMAND`. Each gets the command line from its own name on, argv[0], and returns the exit
 * status: 0 done, 1 the network said no, 2 wrong usage or no permission.
 */
#ifndef STRATA_APPS_COMMANDS_H
#define STRATA_APPS_COMMANDS_H

int httpd_main(int argc, char **argv);
int curl_main(int argc, char **argv);
int dig_main(int argc, char **argv);
int ping_main(int argc, char **argv);
int echo_main(int argc, char **argv);
int sim_main(int argc, char **argv);
int ns_main(int argc, char **argv);
int enter_main(int argc, char **argv);
int up_main(int argc, char **argv);
int down_main(int argc, char **argv);
int doctor_main(int argc, char **argv);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The zygote's side of the launcher, for the language that forks: libkiln_zygote.so, loaded by a
 * trusted bootstrap (Python by ctypes, Ruby by fiddle) that has imported what functions need.
 *
 *   z = kiln_zygote_open(3)
 *   while kiln_zygote_next(z):            one request to fork, or 0 when the launcher is gone
 *     if kiln_zygote_enter(z) != 0: continue    the failure was reported
 *     pid = fork()                        the language's own, with its hooks
 *     if pid == 0: kiln_zygote_child(z); take argument(z, i), variable(z, i); run the runtime
 *     kiln_zygote_parent(z, pid)
 *
 * REQUIRES of the zygote: one thread, no secret, no descriptors but 0 to 3, trusted code only.
 * kiln_zygote_child returns in an environment: its namespaces, cgroups, descriptors, limits, user
 * 993 without capabilities, filter. It ends the process when a step fails, and the server is told.
 * The child must reseed every random generator itself, and replace its environment variables. */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct kiln_zygote kiln_zygote;

kiln_zygote* kiln_zygote_open(int channel);
int kiln_zygote_next(kiln_zygote* zygote);
int kiln_zygote_enter(kiln_zygote* zygote);
void kiln_zygote_parent(kiln_zygote* zygote, int pid); /* pid < 0: fork failed */
void kiln_zygote_child(kiln_zygote* zygote);
/* Of the request that next() returned; null behind the last one. Valid until the next next(). A
 * function's variables are there in the child only, behind kiln_zygote_child; in the zygote there
 * are those of a process that waits for its function. */
const char* kiln_zygote_argument(kiln_zygote* zygote, int index);
const char* kiln_zygote_variable(kiln_zygote* zygote, int index);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* libkiln_snapshot.so: lets a process write itself into a file, which kiln-restore turns into any
 * number of processes like it. For the bundled runtimes, after a function's initialisation
 * (docs/design/execution_environments.md).
 *
 *   switch (kiln_snapshot_save(fd, kept, also_kept)):
 *     0: written.  1: this is a new process that goes on from there.  -1: refused or failed, and
 *     the file's header says why.
 *
 * Saved: private memory, registers, signal actions, working directory, files that are only read.
 * Connections over TCP are broken afterwards, as if the other side had closed.
 * Not saved, so that the call refuses: threads, child processes, memory that is shared, other
 * descriptors than those kept (-1: none; which the new process gets at its start, under the same
 * numbers). The new process has another process id, the variables and the random state of the saved
 * one: the caller sees to both. Of one thread. x86-64; elsewhere it refuses. */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

int kiln_snapshot_save(int fd, int kept, int also_kept);
/* Instead of saving: for what only the caller can know. */
void kiln_snapshot_refuse(int fd, const char* why);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

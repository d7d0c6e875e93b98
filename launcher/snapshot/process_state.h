// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a process that saves itself knows about itself besides its memory. Nothing here allocates.

#include "launcher/snapshot/format.h"

namespace kiln::snapshot {

// Of the file that is being written.
extern Header header;

// Notes why there will be no snapshot. `format` takes a text, then a long. Answers false.
bool refuse(const char* format, const char* what = "", long number = 0);
// Calls `each` for the entries of a directory until one answers false.
bool entries_of(const char* path, bool (*each)(const char* name, void* context), void* context);
int number_of(const char* name);

// These answer false after refuse().
bool check_threads();
bool check_children();
// Into the header: thread, signals, heap.
bool read_process_state();

}  // namespace kiln::snapshot

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tables of a Kiln database, and how an older one becomes today's.
//
//   kiln_kv           key -> value, version (the random name of the commit that wrote it)
//   kiln_idempotency  key -> until when a repeat is recognised (wall clock, ms)
//   kiln_changes      one row a commit: when (database's clock, ms), its name, the keys it wrote
//   kiln_meta         "format" -> number of the last migration applied
// Keys are BYTEA: compared as bytes, whatever the collation of the database.

#include "base/result.h"
#include "store/postgres/session.h"

#include <string_view>

namespace kiln::store::postgres {

inline constexpr std::string_view kFormat = "1";

// Creates or migrates the tables; safe while other servers do the same. kInvalidArgument when the
// database is of a newer Kiln.
Status prepare_schema(Session& session, Deadline deadline);

}  // namespace kiln::store::postgres

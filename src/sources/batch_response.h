// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a function with ReportBatchItemFailures says of its batch. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace kiln::sources {

// The messages that failed; nullopt: the whole batch did (no JSON, an identifier that is empty,
// null, of another name or of no message of the batch).
std::optional<std::set<std::string>> failed_messages(std::string_view response,
                                                     const std::set<std::string>& ids_of_batch);

}  // namespace kiln::sources

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operations of event source mappings. One file defines one; this is their one list.

#include "aws/operation.h"

namespace kiln::gen::lambda {
struct CreateEventSourceMapping;
struct DeleteEventSourceMapping;
struct GetEventSourceMapping;
struct ListEventSourceMappings;
struct UpdateEventSourceMapping;
}  // namespace kiln::gen::lambda

namespace kiln::sources {

struct Service;

extern const aws::Operation<gen::lambda::CreateEventSourceMapping, Service>
    kCreateEventSourceMapping;
extern const aws::Operation<gen::lambda::DeleteEventSourceMapping, Service>
    kDeleteEventSourceMapping;
extern const aws::Operation<gen::lambda::GetEventSourceMapping, Service> kGetEventSourceMapping;
extern const aws::Operation<gen::lambda::ListEventSourceMappings, Service> kListEventSourceMappings;
extern const aws::Operation<gen::lambda::UpdateEventSourceMapping, Service>
    kUpdateEventSourceMapping;

}  // namespace kiln::sources

// SPDX-License-Identifier: Apache-2.0
#pragma once
// RuntimeApi serves one execution environment: the Runtime API (2018-06-01) to its runtime, the
// Extensions API (2020-01-01, extensions.h) and the Telemetry and Logs APIs (telemetry.h) to its
// extensions. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//
// States of the runtime: Starting -> (GET next) Ready -> (invoke) Running -> (response|error)
// Responded -> (GET next) Ready; any -> Closed. A response for another id is 400 InvalidRequestID;
// one that the state does not allow (a second one) is 403 InvalidStateTransition, as in AWS's own
// implementation (aws-lambda-runtime-interface-emulator); neither changes the state. GET next
// blocks without end; of several waiting ones the newest gets the invocation, so that a lost
// connection harms nobody. Threads: one loop. Ownership: invoke::ExecutionEnvironment owns it.

#include "async/loop.h"
#include "async/task.h"
#include "base/metrics.h"
#include "base/result.h"
#include "os/fd.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace kiln::http {
class Server;
}

namespace kiln::runtime_api {

struct Session;
class Extensions;
class Telemetry;

// Largest response a function may give: 6 MiB and 100 bytes.
inline constexpr std::uint64_t kMaxResponseBytes = 6 * 1024 * 1024 + 100;
// Largest response that is streamed.
inline constexpr std::uint64_t kMaxStreamedBytes = 200 * 1024 * 1024;

// Takes a response that the runtime streams, piece by piece, while the function still runs.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  // Before the first piece; also of a response without any.
  virtual void begin(std::string content_type) = 0;
  // Resumes when the next piece may come: the runtime is read no faster. False: nobody wants more;
  // the rest is read and dropped. REQUIRES: the last call has resumed.
  virtual Task<bool> write(std::string piece) = 0;
};

struct Invocation {
  std::string request_id;
  std::int64_t deadline_ms = 0;  // wall clock, since the epoch
  std::string invoked_function_arn;
  std::string trace_id;
  std::string client_context;    // JSON; empty: header left out
  std::string cognito_identity;  // JSON; empty: header left out
  std::string tenant_id;         // empty: header left out
  std::string payload;
  // Null: a streamed response comes as a whole, with the limit of others.
  std::shared_ptr<ResponseSink> sink = nullptr;
};

// How an initialisation ended.
struct InitOutcome {
  enum class Kind : std::uint8_t {
    kReady,   // the runtime asked for its first invocation
    kError,   // POST /runtime/init/error; body and type are the runtime's
    kClosed,  // abort() was called: the process is gone
  };
  Kind kind = Kind::kReady;
  std::string error_type;
  std::string
      body;  // kReady: Kiln-Loaded, the modules of the SDK that the runtime client has loaded
};

// How an invocation ended.
struct InvokeOutcome {
  enum class Kind : std::uint8_t {
    kResponse,
    kError,             // POST .../error
    kResponseTooLarge,  // over the limit; the runtime was answered 413
    kClosed,            // abort() was called
  };
  Kind kind = Kind::kResponse;
  std::string error_type;  // Lambda-Runtime-Function-Error-Type
  std::string content_type;
  std::string body;
  // The response went to the sink; `body` is only that of an error.
  bool streamed = false;
  std::uint64_t streamed_bytes = 0;
};

class RuntimeApi {
 public:
  // `connection`: already connected to the runtime, served beside those of `listener`; may be
  // empty.
  RuntimeApi(Loop& loop, Metrics& metrics, Fd listener, Fd connection = Fd());
  ~RuntimeApi();

  Status start();
  Task<void> stop();

  // Waits for the first GET next or an init error. kTimeout, kCancelled.
  Task<Result<InitOutcome>> wait_initialized(Monotonic deadline, std::stop_token stop);
  // For SnapStart, before the runtime starts: its GET restore/next ends the initialisation, too.
  void enable_restore();
  // GET /2021-04-23/credentials answers `document` to who has `token` as its Authorization.
  void serve_credentials(std::string token, std::function<std::string()> document);
  // Answers GET restore/next and waits until the runtime's hooks are done: kReady with its GET
  // next, kError with POST restore/error. Once. kTimeout, kCancelled.
  Task<Result<InitOutcome>> restore(Monotonic deadline, std::stop_token stop);
  // Hands `invocation` to the runtime as soon as it asks for one and waits for the answer.
  // REQUIRES: no other invocation is running. kTimeout, kCancelled.
  Task<Result<InvokeOutcome>> invoke(Invocation invocation, Monotonic deadline,
                                     std::stop_token stop);
  // True while the runtime waits in GET next.
  bool ready() const;
  // The runtime's process ended: completes whoever waits with kClosed. Extensions live on.
  void abort();

  // Live as long as this object.
  Extensions& extensions();
  Telemetry& telemetry();

 private:
  const std::shared_ptr<Session> session_;
  std::unique_ptr<http::Server> server_;
  Fd listener_;
  Fd connection_;
};

}  // namespace kiln::runtime_api

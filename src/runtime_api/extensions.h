// SPDX-License-Identifier: Apache-2.0
#pragma once
// Extensions is the state of one environment's extensions: who was launched, who has registered,
// who waits for the next event.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
//
// An external extension is a process that launched() announced; any other that registers is an
// internal one, inside the runtime's process. States of each: Started -> (register) Registered ->
// (GET next) Ready -> (an event) Running -> (GET next) Ready; a failure or its process's end takes
// it out. The names of states and errors are those of AWS's own implementation.
// Bound: kMaxExtensions. Threads: one loop. Ownership: the environment's Session.

#include "async/clock.h"
#include "async/event.h"
#include "base/random.h"
#include "base/result.h"

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::runtime_api {

struct Invocation;

inline constexpr std::size_t kMaxExtensions = 10;

// What an extension hears of its function when it registers.
struct FunctionFacts {
  std::string name;
  std::string version;
  std::string handler;
  std::string account;
};

enum class ShutdownReason : std::uint8_t { kSpindown, kTimeout, kFailure };

struct ExtensionFailure {
  std::string type;  // "Extension.Crash"
  std::string name;
  std::string message;  // "exit status 1"
};

// A line for the log: an extension is ready, has failed, or subscribed to telemetry.
struct ExtensionNotice {
  enum class Kind : std::uint8_t { kExtension, kTelemetry, kLogs };
  Kind kind = Kind::kExtension;
  std::string name;
  std::string state;               // "Ready", "LaunchError", "Subscribed"
  std::vector<std::string> items;  // events, or types of telemetry
  std::string error_type;
};

enum class ExtensionState : std::uint8_t {
  kStarted,
  kRegistered,
  kReady,
  kRunning,
  kInitError,
  kExitError,
  kLaunchError,
  kExited,
};
std::string_view name_of(ExtensionState state);

struct Extension {
  std::string name;
  std::string id;  // a UUID, given when it registers
  bool external = false;
  bool invoke = false;  // the events that it asked for
  bool shutdown = false;
  ExtensionState state = ExtensionState::kStarted;
  std::string event;  // JSON, to be taken by its GET next; empty: none
  std::coroutine_handle<> waiting;
};

class Extensions {
 public:
  explicit Extensions(Clock& clock) : clock_(clock) {}

  // For the environment's owner.
  void describe(FunctionFacts facts) { facts_ = std::move(facts); }
  const FunctionFacts& facts() const { return facts_; }
  void on_notice(std::function<void(const ExtensionNotice&)> callback);
  // Called once, at the first failure: the environment must be ended.
  void on_failure(std::function<void()> callback) { failure_callback_ = std::move(callback); }
  void launched(std::string name);
  void launch_failed(const std::string& name, std::string message);
  // The process of an external extension has ended. A failure, unless it was told to shut down.
  void process_ended(const std::string& name, std::string how);

  bool any() const { return !all_.empty(); }
  bool any_external() const;
  const std::optional<ExtensionFailure>& failure() const { return failure_; }
  // Until every launched one has registered; until every one waits for an event; until every one
  // that hears of the shutdown has ended. One wait at a time. kTimeout, kCancelled; kClosed after a
  // failure.
  Task<Status> wait_registered(Monotonic deadline, std::stop_token stop);
  Task<Status> wait_idle(Monotonic deadline, std::stop_token stop);
  Task<Status> wait_ended(Monotonic deadline);
  // The initialisation is over: nobody registers any more.
  void close_registration() { registration_open_ = false; }
  bool registration_open() const { return registration_open_; }
  void send_invoke(const Invocation& invocation);
  // Failures do not count from here on.
  void send_shutdown(ShutdownReason reason, Timestamp deadline);
  // Answers all waiting requests.
  void close();

  // For the endpoints.
  Extension* find_by_name(std::string_view name);
  Extension* find_by_id(std::string_view id);
  bool full() const { return all_.size() >= kMaxExtensions; }
  Extension& add_internal(std::string name);
  void registered(Extension& extension, bool invoke, bool shutdown);
  // It asks for its next event. False: not allowed in its state.
  bool ready(Extension& extension);
  void failed(Extension& extension, ExtensionState state, std::string type, std::string message);
  bool closed() const { return closed_; }
  void notice(const ExtensionNotice& notice) const;
  std::string new_id();

 private:
  using Predicate = bool (Extensions::*)() const;
  Task<Status> wait(Predicate done, bool stop_at_failure, Monotonic deadline, std::stop_token stop);
  bool all_registered() const;
  bool all_idle() const;
  bool all_ended() const;
  void send(Extension& extension, std::string event);
  void changed();

  Clock& clock_;
  FunctionFacts facts_;
  std::unique_ptr<Random> random_;
  // Pointers stay: endpoints keep them while they wait.
  std::vector<std::unique_ptr<Extension>> all_;
  std::function<void(const ExtensionNotice&)> notice_callback_;
  std::function<void()> failure_callback_;
  std::optional<ExtensionFailure> failure_;
  OneShot<bool>* waiter_ = nullptr;
  bool registration_open_ = true;
  bool shutting_down_ = false;
  bool closed_ = false;
};

}  // namespace kiln::runtime_api

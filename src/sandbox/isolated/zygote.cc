// SPDX-License-Identifier: Apache-2.0
#include "sandbox/isolated/zygote.h"

#include "base/log.h"
#include "sandbox/isolated/inside.h"

#include <cerrno>
#include <fcntl.h>
#include <utility>

namespace kiln::sandbox {
namespace {

constexpr std::uint32_t kProcess = 1;
constexpr std::string_view kReady = "ready";
constexpr std::string_view kProgramsInside = "/var/kiln";
constexpr std::size_t kMaxLineBytes = 64 * 1024;

// What stands at /var/task and /opt: something with a lib folder. The loader of shared libraries
// remembers which folders of its path exist, and the children look for the function's there.
constexpr std::string_view kStandIn = "/usr";

}  // namespace

class Zygote::Lease final : public ZygoteLease {
 public:
  explicit Lease(std::shared_ptr<Zygote> zygote) : zygote_(std::move(zygote)) {
    zygote_->leases_.insert(this);
  }
  ~Lease() override {
    zygote_->leases_.erase(this);
    zygote_->child_ended();
  }
  std::uint32_t number() const override { return zygote_->number(); }
  void on_gone(std::function<void()> callback) override { gone_ = std::move(callback); }
  void gone() {
    if (const auto callback = std::exchange(gone_, nullptr)) callback();
  }

 private:
  std::shared_ptr<Zygote> zygote_;
  std::function<void()> gone_;
};

std::unique_ptr<ZygoteLease> Zygote::lease() {
  ++forks_;
  return std::make_unique<Lease>(shared_from_this());
}

Zygote::Zygote(Ports ports, std::uint32_t number, Gate::Pass pass)
    : ports_(std::move(ports)), number_(number), pass_(std::move(pass)) {}

void Zygote::start(const EnvironmentSpec& spec) {
  spec_.zygote = spec.zygote;
  spec_.runtime_directory = spec.runtime_directory;
  spec_.directories = spec.directories;
  const auto self = shared_from_this();
  ports_.channel->attach(
      number_, [self](launcher::Type type, Packet& packet) { self->receive(type, packet); });
  ports_.channel->send(launcher::Make{.environment = number_, .egress = false, .zygote = true});
  Clock& clock = ports_.loop.clock();
  deadline_ = clock.schedule(clock.monotonic().plus_ms(kZygoteReadyMs), [self] {
    self->deadline_ = 0;
    self->died("it did not become ready");
  });
}

void Zygote::receive(launcher::Type type, Packet& packet) {
  const auto self = shared_from_this();
  switch (type) {
    case launcher::Type::kMade:
      if (closed_) return;
      if (const auto sent = send_start(); !sent) died(sent.error().message);
      return;
    case launcher::Type::kFailed:
      if (const auto failed = launcher::decode<launcher::Failed>(packet.bytes)) {
        died("at \"" + failed->step + "\": " + failed->message);
      }
      return;
    case launcher::Type::kExited:
      if (pipes_) pipes_->finish();
      return died("it has ended");
    case launcher::Type::kUsage:
      if (const auto usage = launcher::decode<launcher::Usage>(packet.bytes)) {
        memory_bytes_ = static_cast<std::int64_t>(usage->memory_bytes);
        if (ready()) ports_.ready();
      }
      return;
    case launcher::Type::kDestroyed:
      return destroyed();
    default:
      return;
  }
}

Status Zygote::send_start() {
  Places inside = inside_places(spec_);
  inside.add("{programs}", std::string(kProgramsInside));
  launcher::Start start;
  start.environment = number_;
  start.process = kProcess;
  for (const std::string& each : spec_.zygote.command) start.argv.push_back(inside.fill(each));
  for (const auto& [name, value] : spec_.zygote.variables) {
    start.variables.push_back(name + "=" + inside.fill(value));
  }
  std::vector<Fd> directories;
  const auto mount = [&](std::string target, const std::string& host) {
    start.mounts.push_back({std::move(target), 1});
    return open_directory(host, directories);
  };
  KILN_TRY_VOID(mount("/var/task", std::string(kStandIn)));
  KILN_TRY_VOID(mount("/opt", std::string(kStandIn)));
  KILN_TRY_VOID(mount("/var/runtime", spec_.runtime_directory));
  KILN_TRY_VOID(mount(std::string(kProgramsInside), ports_.programs));
  for (const Directory& each : spec_.directories) {
    KILN_TRY_VOID(mount(each.inside, each.host));
  }
  KILN_TRY(Pipe output, make_pipe());
  KILN_TRY(Pipe frames, make_pipe());
  std::vector<int> numbers;
  for (const Fd& fd : directories) numbers.push_back(fd.get());
  for (const std::uint32_t as : {1U, 2U}) {
    numbers.push_back(output.write.get());
    start.descriptors.push_back(as);
  }
  pipes_ =
      std::make_shared<OutputPipes>(ports_.loop, std::move(output.read), std::move(frames.read));
  pipes_->on_output([weak = weak_from_this()](const Output& piece) {
    if (const auto self = weak.lock()) self->listen(piece.bytes);
  });
  ports_.channel->send(start, numbers);
  pipes_->run();
  return {};
}

// Its one word is that it is ready; all else is a complaint.
void Zygote::listen(std::string_view bytes) {
  for (const char byte : bytes) {
    if (byte != '\n') {
      if (line_.size() < kMaxLineBytes) line_ += byte;
      continue;
    }
    const std::string line = std::exchange(line_, {});
    if (line != kReady) {
      log::warn("sandbox", "zygote " + std::to_string(number_) + ": " + line);
    } else if (!closed_) {
      ready_ = true;
      if (deadline_ != 0) ports_.loop.clock().cancel(std::exchange(deadline_, 0));
      ports_.channel->send(launcher::Measure{.environment = number_});
    }
  }
}

void Zygote::child_ended() {
  if (retired_ && leases_.empty()) close();
}

void Zygote::retire() {
  retired_ = true;
  if (leases_.empty()) close();
}

void Zygote::died(const std::string& why) {
  if (closed_) return;
  log::warn("sandbox", "zygote " + std::to_string(number_) + ": " + why);
  const auto self = shared_from_this();
  close();
  ports_.gone();
  // One that is told may end itself or others.
  for (Lease* each : std::set(leases_)) {
    if (leases_.contains(each)) each->gone();
  }
}

void Zygote::close() {
  if (std::exchange(closed_, true)) return;
  if (deadline_ != 0) ports_.loop.clock().cancel(std::exchange(deadline_, 0));
  if (pipes_) pipes_->close();
  ports_.channel->send(launcher::Destroy{.environment = number_});
}

void Zygote::launcher_gone() {
  const auto self = shared_from_this();
  closed_ = true;
  if (deadline_ != 0) ports_.loop.clock().cancel(std::exchange(deadline_, 0));
  if (pipes_) pipes_->close();
  destroyed();
}

void Zygote::destroyed() {
  ports_.channel->detach(number_);
  ports_.free_number(number_);
  pass_ = Gate::Pass();
}

}  // namespace kiln::sandbox

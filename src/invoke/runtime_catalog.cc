// SPDX-License-Identifier: Apache-2.0
#include "invoke/runtime_catalog.h"

#include "lambda/model/function.h"

#include <map>
#include <unistd.h>

namespace kiln::invoke {
namespace {

constexpr int kPythonMinors[] = {6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
constexpr int kFirstPythonMinor = 9;
constexpr int kNodeMajors[] = {12, 14, 16, 18, 20, 22, 24, 26};

bool executable(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }
bool exists(const std::string& path) { return ::access(path.c_str(), R_OK) == 0; }

// What INIT_START names. AWS's hashes can't be known; this one is stable for a runtime.
void name_version(RuntimeCommand& command, const std::string& family) {
  command.version_name = family + ".v1";
  command.version_arn = lambda::runtime_version_arn("us-east-1", command.runtime);
}

RuntimeCommand python_command(int wanted, int found, const std::string& interpreter,
                              const RuntimeLocations& locations) {
  RuntimeCommand c;
  const std::string version = "3." + std::to_string(found);
  c.runtime = "python3." + std::to_string(wanted);
  c.interpreter = interpreter;
  c.interpreter_version = version;
  c.exact = wanted == found;
  c.runtime_directory = locations.bundled + "/python";
  const std::string sdk = locations.cache + "/python-sdk/" + version;
  // -s -S: no site-packages of the host; -u: prints reach the log as they happen.
  c.command = {interpreter, "-s", "-S", "-u", "{runtime}/bootstrap.py"};
  if (exists(c.runtime_directory + "/zygote.py")) {
    c.can_wait = true;
    c.zygote_command = {
        interpreter, "-s", "-S", "-u", "{runtime}/zygote.py", "{programs}/libkiln_zygote.so"};
  }
  c.variables = {
      {"AWS_EXECUTION_ENV", "AWS_Lambda_" + c.runtime},
      {"KILN_OPT_DIR", "{opt}"},
      {"PYTHONDONTWRITEBYTECODE", "1"},
  };
  // Not an argument: AWS's own wrapper script puts options before the last argument and takes that
  // for the bootstrap.
  if (exists(sdk)) {
    c.variables.emplace_back("KILN_SDK_DIR", "{sdk}");
    c.directories.push_back({"{sdk}", sdk, "/var/lang/lib/python" + version + "/site-packages"});
  }
  name_version(c, "python:3." + std::to_string(wanted));
  return c;
}

RuntimeCommand node_command(int wanted, int found, const std::string& interpreter,
                            const RuntimeLocations& locations) {
  RuntimeCommand c;
  c.runtime = "nodejs" + std::to_string(wanted) + ".x";
  c.interpreter = interpreter;
  c.interpreter_version = std::to_string(found);
  c.exact = wanted == found;
  c.runtime_directory = locations.bundled + "/nodejs";
  c.command = {"{lang}/bin/node", "{runtime}/bootstrap.cjs"};
  c.can_wait = true;
  c.directories.push_back(
      {"{lang}", locations.cache + "/node/" + std::to_string(found), "/var/lang"});
  std::string path =
      "{opt}/nodejs/node" + std::to_string(wanted) + "/node_modules:{opt}/nodejs/node_modules";
  const std::string sdk = locations.cache + "/node-sdk/node_modules";
  if (exists(sdk)) {
    path += ":{sdk}/node_modules";
    c.directories.push_back({"{sdk}", locations.cache + "/node-sdk", "/var/sdk"});
    c.variables.emplace_back("KILN_SDK_DIR", "{sdk}");
  }
  c.variables.emplace_back("AWS_EXECUTION_ENV", "AWS_Lambda_" + c.runtime);
  c.variables.emplace_back("NODE_PATH", path + ":{runtime}:{task}");
  name_version(c, "nodejs:" + std::to_string(wanted));
  return c;
}

RuntimeCommand provided_command(const std::string& runtime) {
  RuntimeCommand c;
  c.runtime = runtime;
  // The layer's bootstrap stands in when the code has none.
  c.command = {"{task}/bootstrap|{opt}/bootstrap"};
  name_version(c, runtime.substr(0, 8) + ":" + runtime.substr(9));
  return c;
}

}  // namespace

RuntimeCatalog RuntimeCatalog::discover(const RuntimeLocations& locations) {
  RuntimeCatalog catalog;
  std::map<int, std::string> pythons;
  for (int minor : kPythonMinors) {
    if (minor < kFirstPythonMinor) continue;
    for (const auto& directory : locations.python_search) {
      const std::string path = directory + "/python3." + std::to_string(minor);
      if (executable(path)) {
        pythons.emplace(minor, path);
        break;
      }
    }
  }
  for (int wanted : kPythonMinors) {
    const auto found = pythons.lower_bound(wanted);
    if (found == pythons.end()) continue;
    catalog.commands_.push_back(python_command(wanted, found->first, found->second, locations));
  }
  std::map<int, std::string> nodes;
  for (int major : kNodeMajors) {
    const std::string path = locations.cache + "/node/" + std::to_string(major) + "/bin/node";
    if (executable(path)) nodes.emplace(major, path);
  }
  for (int wanted : kNodeMajors) {
    const auto found = nodes.lower_bound(wanted);
    if (found == nodes.end()) continue;
    catalog.commands_.push_back(node_command(wanted, found->first, found->second, locations));
  }
  catalog.commands_.push_back(provided_command("provided.al2"));
  catalog.commands_.push_back(provided_command("provided.al2023"));
  return catalog;
}

std::optional<RuntimeCommand> RuntimeCatalog::find(std::string_view runtime) const {
  for (const auto& command : commands_) {
    if (command.runtime == runtime) return command;
  }
  return std::nullopt;
}

}  // namespace kiln::invoke

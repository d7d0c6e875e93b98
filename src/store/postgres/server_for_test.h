// SPDX-License-Identifier: Apache-2.0
#pragma once
// A private PostgreSQL server for a test program: made in a temporary directory at the first use,
// listening on a socket in that directory only, stopped when the program ends.
//
// PostgreSQL refuses to run as root; then it runs as "postgres" or "nobody".

#include "store/conformance.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <libpq-fe.h>
#include <pwd.h>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace kiln::store::postgres {

class ServerForTest {
 public:
  // The program's one server; start() failed when error() is not empty.
  static ServerForTest& instance() {
    static ServerForTest server;
    return server;
  }
  const std::string& error() const { return error_; }
  // Why tests can't run here; empty when they can.
  static std::string missing() { return find_programs().empty() ? "no PostgreSQL server" : ""; }

  std::string socket_path() const { return directory_.path() + "/.s.PGSQL.5432"; }
  // A URL of a schema of its own (made at first use), so that stores don't see each other.
  std::string url(const std::string& schema) {
    const std::string made = execute("CREATE SCHEMA IF NOT EXISTS \"" + schema + "\"");
    if (!made.empty()) ADD_FAILURE() << made;
    return url_via(directory_.path(), 5432, schema);
  }
  static std::string url_via(const std::string& host, int port, const std::string& schema) {
    return "postgres://kiln@/postgres?host=" + host + "&port=" + std::to_string(port) +
           "&options=-csearch_path%3D%22" + schema + "%22";
  }
  // Runs SQL; answers the error.
  std::string execute(const std::string& sql) {
    std::string out;
    query(sql, out);
    return out;
  }
  // The first value of the answer, "" when none.
  std::string value(const std::string& sql) {
    std::string error;
    return query(sql, error);
  }

  ServerForTest(const ServerForTest&) = delete;
  ServerForTest& operator=(const ServerForTest&) = delete;
  ~ServerForTest() { stop(); }

 private:
  ServerForTest() { start(); }

  static std::string find_programs() {
    std::vector<std::string> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
      if (std::filesystem::exists(entry.path() / "bin/postgres")) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found.empty() ? "" : found.back() + "/bin/";
  }

  pid_t run(std::vector<std::string> arguments) {
    const passwd* user = nullptr;
    if (::geteuid() == 0) {
      user = ::getpwnam("postgres");
      if (user == nullptr) user = ::getpwnam("nobody");
      if (user != nullptr && ::chown(directory_.path().c_str(), user->pw_uid, user->pw_gid) != 0) {
        return -1;
      }
    }
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const std::string log = directory_.path() + "/log";
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::setpgid(0, 0);
    if (user != nullptr && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) ::_exit(1);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (::freopen(log.c_str(), "a", stdout) != nullptr) ::dup2(1, 2);
    if (::chdir("/") == 0) ::execv(argv[0], argv.data());
    ::_exit(127);
  }

  void start() {
    const std::string programs = find_programs();
    const std::string data = directory_.path() + "/data";
    int status = -1;
    const pid_t init = run({programs + "initdb", "-D", data, "-A", "trust", "-U", "kiln", "-E",
                            "UTF8", "--locale=C", "--no-instructions"});
    if (init < 0 || ::waitpid(init, &status, 0) != init || status != 0) {
      error_ = "initdb failed; see " + directory_.path() + "/log";
      return;
    }
    server_ = run({programs + "postgres", "-D", data, "-k", directory_.path(), "-c",
                   "listen_addresses=", "-c", "max_connections=200"});
    for (int tries = 0; tries < 200; ++tries) {
      if (execute("SELECT 1").empty()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    error_ = "the PostgreSQL server does not answer";
  }

  void stop() {
    if (server_ <= 0) return;
    ::kill(server_, SIGINT);  // "fast": ends connections
    for (int tries = 0; tries < 200; ++tries) {
      if (::waitpid(server_, nullptr, WNOHANG) == server_) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ::kill(server_, SIGQUIT);
    ::waitpid(server_, nullptr, 0);
  }

  std::string query(const std::string& sql, std::string& error) {
    const std::string where =
        "host=" + directory_.path() +
        " port=5432 user=kiln dbname=postgres options=-cclient_min_messages=warning";
    PGconn* connection = PQconnectdb(where.c_str());
    PGresult* result = PQexec(connection, sql.c_str());
    const ExecStatusType status = PQresultStatus(result);
    const bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!done) error = std::string(PQerrorMessage(connection)) + " ";
    std::string out = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
    PQclear(result);
    PQfinish(connection);
    return out;
  }

  TemporaryDirectory directory_;
  pid_t server_ = -1;
  std::string error_;
};

}  // namespace kiln::store::postgres

#include <curl/curl.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "gateway/cli/command_line.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/usage.h"

namespace {

using edudelta::gateway::cli::Action;
using edudelta::gateway::cli::BodyOf;
using edudelta::gateway::cli::Exit;
using edudelta::gateway::cli::ExitOf;
using edudelta::gateway::cli::Globals;
using edudelta::gateway::cli::Session;
using edudelta::gateway::cli::TextOf;

// Whoever read the output, such as `head`, has gone.
bool ReaderIsGone() {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

int Finish(const absl::Status& status, const Globals& globals) {
  if (status.ok()) return 0;
  std::cout.flush();
  // The sentence comes last, so that the last line always says what happened.
  if (globals.json && !BodyOf(status).empty()) std::cerr << BodyOf(status) << '\n';
  std::cerr << "错误：" << TextOf(status) << std::endl;
  return static_cast<int>(ExitOf(status));
}

int Run(int argc, char** argv) {
  CLI::App app("教育数据交换平台 edudelta 的命令行", "edudelta");
  Globals globals;
  Action action;
  edudelta::gateway::cli::AddCommandLine(app, &globals, &action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::cerr << "错误：" << edudelta::gateway::cli::UsageText(app, error) << std::endl;
    return static_cast<int>(Exit::kUsage);
  }
  auto session = Session::Make(globals, std::cout, std::cerr);
  if (!session.ok()) return Finish(session.status(), globals);
  const absl::Status status = action(**session);
  std::cout.flush();
  if (!std::cout.good() && ReaderIsGone()) return static_cast<int>(Exit::kUsage);
  if (status.ok() && !std::cout.good())
    return Finish(edudelta::gateway::cli::Fail(Exit::kUsage, "写不出标准输出"), globals);
  return Finish(status, globals);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const int code = Run(argc, argv);
  curl_global_cleanup();
  return code;
}

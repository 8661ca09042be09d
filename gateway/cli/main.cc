#include <curl/curl.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "gateway/cli/failure.h"
#include "gateway/cli/options.h"
#include "gateway/cli/text.h"

namespace {

using edudelta::gateway::cli::Action;
using edudelta::gateway::cli::BodyOf;
using edudelta::gateway::cli::Exit;
using edudelta::gateway::cli::ExitOf;
using edudelta::gateway::cli::Globals;
using edudelta::gateway::cli::Session;
using edudelta::gateway::cli::TextOf;

constexpr char kFooter[] = R"(
环境变量：EDUDELTA_SERVER、EDUDELTA_CA、EDUDELTA_USER、EDUDELTA_CLIENT、EDUDELTA_PASSWORD_FILE、EDUDELTA_SECRET_FILE
令牌十分钟有效，存于 $XDG_CONFIG_HOME/edudelta/login.json（仅本人可读），口令从不保存；
给出 --password-file 或 --secret-file 时，令牌过期会自动续登。

退出码：0 成功；1 服务器报告失败；2 用法或本地文件有误；3 连接不上服务器；
        4 没有登录、登录过期或被拒绝（401、403）；5 导入完成但有错误的行

例：
  edudelta login --user jiading/clerk --password-file jiading.clerk.password
  edudelta list districts/310114/schools --filter 'kind = "312"'
  edudelta import districts/310114/schools schools.csv --errors errors.csv
  edudelta balance 310114 --year 2025
  edudelta plan targets districts/310114/workPlans/jiading-2019

各命令的用法：edudelta 命令 --help)";

void AddGlobals(CLI::App& app, Globals* globals) {
  const char* group = "全局选项（放在命令前后均可）";
  const auto add = [&](const char* name, std::string& value, const char* text, const char* environment,
                       const char* type) {
    CLI::Option* option = app.add_option(name, value, text)->group(group)->type_name(type);
    if (environment != nullptr) option->envname(environment);
  };
  add("--server", globals->server, "服务器，默认为登录时的，否则 https://127.0.0.1:8443", "EDUDELTA_SERVER", "URL");
  add("--ca", globals->ca, "签发服务器证书的证书文件", "EDUDELTA_CA", "文件");
  app.add_flag("--json", globals->json, "输出 JSON")->group(group);
  app.add_flag("-q,--quiet", globals->quiet, "不输出提示和进度")->group(group);
  app.add_flag("--progress", globals->progress, "不在终端上也显示进度")->group(group);
  app.add_option("--timeout", globals->timeout, "一次请求的秒数，默认 60（导入导出不限）")
      ->check(CLI::Range(1, 3600).description(""))
      ->group(group)
      ->type_name("秒");
  add("--user", globals->user, "以用户登录：organizations/组织/users/用户 或 组织/用户", "EDUDELTA_USER", "账号");
  add("--client", globals->client, "以客户端登录：organizations/组织/clients/客户端 或 组织/客户端", "EDUDELTA_CLIENT",
      "账号");
  add("--password-file", globals->password_file, "用户口令所在的文件", "EDUDELTA_PASSWORD_FILE", "文件");
  add("--secret-file", globals->secret_file, "客户端密钥所在的文件", "EDUDELTA_SECRET_FILE", "文件");
  add("--purpose", globals->purpose, "读取其他区县或敏感数据的用途代码，如 ENROLMENT_PLANNING", nullptr, "代码");
  add("--case-number", globals->case_number, "办件编号，协议要求时给出", nullptr, "编号");
}

// CLI11 counts bytes; columns are what characters take on a terminal.
class ChineseFormatter final : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool positional) const override {
    return Line(make_option_name(option, positional) + make_option_opts(option), make_option_desc(option));
  }
  std::string make_subcommand(const CLI::App* command) const override {
    return Line(command->get_display_name(true), command->get_description());
  }

 private:
  std::string Line(const std::string& left, const std::string& right) const {
    const int width = static_cast<int>(get_column_width());
    std::string line = "  " + left;
    const int used = edudelta::gateway::cli::DisplayWidth(line);
    line += used + 2 <= width ? std::string(width - used, ' ') : "\n" + std::string(width, ' ');
    return line + right + "\n";
  }
};

void SpeakChinese(CLI::App& app) {
  app.set_help_flag("-h,--help", "显示用法");
  app.option_defaults()->group("选项");
  const auto formatter = std::make_shared<ChineseFormatter>();
  formatter->label("Usage", "用法");
  formatter->label("OPTIONS", "选项");
  formatter->label("SUBCOMMAND", "命令");
  formatter->label("SUBCOMMANDS", "命令");
  formatter->label("Positionals", "参数");
  formatter->label("REQUIRED", "（必需）");
  formatter->label("Env", "环境变量");
  formatter->column_width(30);
  app.formatter(formatter);
}

void GroupCommands(CLI::App& app) {
  app.get_help_ptr()->group("选项");
  for (CLI::App* command : app.get_subcommands(nullptr)) {
    command->group("命令");
    GroupCommands(*command);
  }
}

// CLI11 speaks English; the kinds of its errors are few.
std::string UsageText(const CLI::ParseError& error) {
  const std::string name = error.get_name();
  std::string what = error.what();
  if (what == "A subcommand is required") what = "应给出一个命令";
  if (const size_t at = what.find(" is required"); at != std::string::npos) what.resize(at);
  if (name == "RequiredError") return "缺少参数：" + what;
  if (name == "ExtrasError") return "不认识的参数：" + what.substr(what.find(':') + 1);
  if (name == "ValidationError") return "参数的值有误：" + what;
  if (name == "ConversionError") return "参数应是数字：" + what;
  if (name == "ArgumentMismatch") return "参数的个数有误：" + what;
  return "用法有误：" + what;
}

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
  SpeakChinese(app);
  app.fallthrough();
  app.require_subcommand(1);
  AddGlobals(app, &globals);
  AddAccountCommands(app, &action);
  AddResourceCommands(app, &action);
  AddRegionCommands(app, &action);
  GroupCommands(app);
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::cerr << "错误：" << UsageText(error) << "（edudelta --help 看用法）" << std::endl;
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

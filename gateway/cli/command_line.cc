#include "gateway/cli/command_line.h"

#include "gateway/cli/text.h"
#include "gateway/cli/validators.h"

namespace edudelta::gateway::cli {
namespace {

constexpr char kFooter[] = R"(
环境变量：EDUDELTA_SERVER、EDUDELTA_CA、EDUDELTA_USER、EDUDELTA_CLIENT、EDUDELTA_PASSWORD_FILE、EDUDELTA_SECRET_FILE
令牌十分钟有效，存于 $XDG_CONFIG_HOME/edudelta/login.json（仅本人可读），口令从不保存；
给出 --password-file 或 --secret-file 时，令牌过期会自动续登。

退出码：0 成功；1 服务器报告失败；2 用法或本地文件有误；3 连接不上服务器；
        4 没有登录、登录过期或被拒绝（401、403、没有说明用途）；5 导入完成但有错误的行

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
      ->check(IntegerIn(1, 3600))
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
    const int used = DisplayWidth(line);
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

}  // namespace

void AddCommandLine(CLI::App& app, Globals* globals, Action* action) {
  SpeakChinese(app);
  app.fallthrough();
  app.require_subcommand(1);
  AddGlobals(app, globals);
  app.footer("\n全局选项、环境变量、退出码：edudelta --help");
  AddAccountCommands(app, action);
  AddResourceCommands(app, action);
  AddRegionCommands(app, action);
  GroupCommands(app);
  app.footer(kFooter);
}

}  // namespace edudelta::gateway::cli

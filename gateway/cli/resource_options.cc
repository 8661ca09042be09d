#include "gateway/cli/account.h"
#include "gateway/cli/exchange.h"
#include "gateway/cli/options.h"
#include "gateway/cli/resources.h"
#include "gateway/cli/transfer.h"
#include "gateway/cli/validators.h"

namespace edudelta::gateway::cli {
namespace {

struct ResourceWords {
  std::string name;
  std::string id;
  std::string data;
  std::string mask;
  std::string etag;
  std::string read_time;
  std::string file;
  std::string responses;
  int wait = 0;
};

constexpr char kData[] = "JSON 对象，或 @文件（@- 为标准输入）";
constexpr char kReadTime[] = "按这一记录时点读取，如 2026-11-20T08:00:00Z（至少 5 秒以前）";
constexpr char kFilter[] = "筛选，如 'kind = \"312\" AND state = \"STATE_OPEN\"'";

}  // namespace

void AddAccountCommands(CLI::App& app, Action* action) {
  app.add_subcommand(
         "login",
         "登录：edudelta login --user 组织/用户 [--password-file 文件]，或 --client 组织/客户端 --secret-file 文件")
      ->callback([action] { *action = SignInNow; });
  app.add_subcommand("logout", "退出，删去保存的令牌")->callback([action] { *action = SignOut; });
  app.add_subcommand("whoami", "当前账号和令牌的剩余时间")->callback([action] { *action = WhoAmI; });
  CLI::App* status = app.add_subcommand("status", "服务器是否就绪（不需登录）");
  auto words = AddCommand<ResourceWords>(status, action,
                                         [](Session& s, const ResourceWords& w) { return ShowStatus(s, w.wait); });
  status->add_option("--wait", words->wait, "未就绪时最多等待的秒数")->check(IntegerIn(0, 86400))->type_name("秒");
}

void AddResourceCommands(CLI::App& app, Action* action) {
  CLI::App* get = app.add_subcommand("get", "读取一个资源，如 districts/310114/schools/2131901001");
  auto words = AddCommand<ResourceWords>(
      get, action, [](Session& s, const ResourceWords& w) { return GetResource(s, w.name, w.read_time); });
  get->add_option("NAME", words->name, "资源名称")->required()->type_name("");
  get->add_option("--read-time", words->read_time, kReadTime)->type_name("时间");

  CLI::App* history = app.add_subcommand("history", "一个资源的历史：何时改了什么、办了什么");
  words = AddCommand<ResourceWords>(history, action,
                                    [](Session& s, const ResourceWords& w) { return ShowHistory(s, w.name); });
  history->add_option("NAME", words->name, "资源名称")->required()->type_name("");

  CLI::App* list = app.add_subcommand("list", "列出一个集合，如 districts/310114/schools；上级编号可写 - 表示全部");
  auto lists = AddCommand<ListOptions>(list, action, ListResources);
  list->add_option("COLLECTION", lists->collection, "集合")->required()->type_name("");
  list->add_option("--filter", lists->filter, kFilter)->type_name("条件");
  list->add_option("--limit", lists->limit, "最多几条，默认 50")->check(IntegerIn(1, 100000000))->type_name("N");
  list->add_flag("--all", lists->all, "全部列出");
  list->add_option("--fields", lists->fields, "要显示的字段，用逗号分开")->type_name("字段");
  list->add_option("--read-time", lists->read_time, kReadTime)->type_name("时间");

  CLI::App* create = app.add_subcommand("create", "新增一个资源");
  words = AddCommand<ResourceWords>(
      create, action, [](Session& s, const ResourceWords& w) { return CreateResource(s, w.name, w.id, w.data); });
  create->add_option("COLLECTION", words->name, "集合")->required()->type_name("");
  create->add_option("--id", words->id, "编号；不给则由服务器产生")->type_name("编号");
  create->add_option("--data", words->data, kData)->required()->type_name("JSON");

  CLI::App* update = app.add_subcommand("update", "修改一个资源");
  words = AddCommand<ResourceWords>(update, action, [](Session& s, const ResourceWords& w) {
    return UpdateResource(s, w.name, w.data, w.mask, w.etag);
  });
  update->add_option("NAME", words->name, "资源名称")->required()->type_name("");
  update->add_option("--data", words->data, kData)->required()->type_name("JSON");
  update->add_option("--mask", words->mask, "要修改的字段，用逗号分开；不给则为 --data 中有的字段")->type_name("字段");
  update->add_option("--etag", words->etag, "只在资源仍是这一版本时修改")->type_name("版本");

  CLI::App* remove = app.add_subcommand("delete", "删除一个资源");
  words = AddCommand<ResourceWords>(
      remove, action, [](Session& s, const ResourceWords& w) { return DeleteResource(s, w.name, w.etag); });
  remove->add_option("NAME", words->name, "资源名称")->required()->type_name("");
  remove->add_option("--etag", words->etag, "只在资源仍是这一版本时删除")->type_name("版本");

  CLI::App* call = app.add_subcommand("call", "调用一个动作，如 districts/310114:evaluateBalance");
  words = AddCommand<ResourceWords>(call, action,
                                    [](Session& s, const ResourceWords& w) { return CallMethod(s, w.name, w.data); });
  call->add_option("NAME:VERB", words->name, "名称和动作")->required()->type_name("");
  call->add_option("--data", words->data, kData)->type_name("JSON");

  CLI::App* import = app.add_subcommand("import", "导入 CSV 或 NDJSON 文件（按编号新增或更新）");
  auto imports = AddCommand<ImportOptions>(import, action, ImportFile);
  import->add_option("COLLECTION", imports->collection, "集合，如 districts/310114/schools")->required()->type_name("");
  import->add_option("FILE", imports->file, "文件；.ndjson 和 .jsonl 为 NDJSON，其他为 CSV；- 为标准输入")
      ->required()
      ->type_name("");
  import
      ->add_option("--mode", imports->mode,
                   "partial：正确的行写入（默认）；atomic：全部写入或全不写入；validate：只校验")
      ->check(OneOf({"partial", "atomic", "validate"}))
      ->type_name("方式");
  import->add_option("--errors", imports->errors, "错误行写到这个 CSV 文件，列为 row,column,value,reason,message,label")
      ->type_name("文件");
  import->add_option("--mask", imports->mask, "已有记录只改这些字段，用逗号分开；不给则为文件中有的字段")
      ->type_name("字段");
  import->add_option("--encoding", imports->encoding, "auto（默认）、utf-8 或 gb18030")
      ->check(OneOf({"auto", "utf-8", "gb18030"}))
      ->type_name("编码");

  CLI::App* export_ = app.add_subcommand("export", "导出一个集合到文件，- 为标准输出");
  auto exports = AddCommand<ExportOptions>(export_, action, ExportFile);
  export_->add_option("COLLECTION", exports->collection, "集合")->required()->type_name("");
  export_->add_option("FILE", exports->file, "文件")->required()->type_name("");
  export_->add_option("--format", exports->format, "csv 或 ndjson；不给则看文件名")
      ->check(OneOf({"csv", "ndjson"}))
      ->type_name("格式");
  export_->add_option("--filter", exports->filter, kFilter)->type_name("条件");
  export_->add_option("--read-time", exports->read_time, kReadTime)->type_name("时间");

  CLI::App* apply = app.add_subcommand("apply", "依次发送一个 JSON 列表里的请求（method、path、body）；原已存在的跳过");
  words = AddCommand<ResourceWords>(
      apply, action, [](Session& s, const ResourceWords& w) { return ApplyRequests(s, w.file, w.responses); });
  apply->add_option("FILE", words->file, "请求文件")->required()->type_name("");
  apply->add_option("--responses", words->responses, "应答写到这个文件，原已存在的为 null")->type_name("文件");
}

}  // namespace edudelta::gateway::cli

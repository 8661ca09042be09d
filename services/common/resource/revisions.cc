#include "common/resource/revisions.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/resource/fields.h"
#include "common/resource/page_token.h"
#include "common/resource/permission.h"
#include "common/rpc/limits.h"

namespace edudelta::resource {
namespace {

// Versions that are read at once: rows may be large, and a page ends with its bytes.
constexpr int kBatch = 50;

}  // namespace

absl::Status Revisions::List(const rpc::Call& call, const Message& request, Message* response) {
  if (call.caller.has_scope()) return Denied("METHOD_NOT_SHARED", "协议不包括此方法");
  const std::string name = TextOf(request, "name");
  const std::unique_ptr<Message> present = table_.New();
  RETURN_IF_ERROR(reader_.Get(call, *table_.Named(name), present.get()));
  ASSIGN_OR_RETURN(const int size, PageSizeOf(request));
  const std::string query = absl::StrCat(call.caller.principal(), "\n", request.GetTypeName(), "\n", name);
  int64_t before = INT64_MAX;
  if (const std::string token = TextOf(request, "page_token"); !token.empty()) {
    ASSIGN_OR_RETURN(const Ids after, ReadPageToken(token, query, cipher_));
    if (after.size() != 1 || !absl::SimpleAtoi(after[0], &before)) {
      return Invalid("page_token", "PAGE_TOKEN_INVALID", "翻页标记无效");
    }
  }
  ASSIGN_OR_RETURN(const Row row, reader_.Load(call, name));
  const auto readers = ReadersOf(table_);
  const bool by_name = HoldsRole(call.caller, readers, name);
  const auto* reflection = response->GetReflection();
  const auto* rows = response->GetDescriptor()->field(0);
  size_t bytes = 0;
  int listed = 0;
  for (bool more = true; more;) {
    std::vector<Row> versions;
    RETURN_IF_ERROR(pool_.Read(call.deadline, [&](db::Session& session) -> absl::Status {
      ASSIGN_OR_RETURN(versions, store_.VersionsBefore(session, row.row_id, before, kBatch));
      return absl::OkStatus();
    }));
    more = versions.size() == kBatch;
    for (Row& version : versions) {
      Message* message = version.message.get();
      if (!by_name && !HoldsRole(call.caller, readers, table_, *message)) continue;
      presenter_.Read(call, message);
      // They say how things stand today.
      if (version.version != row.version) {
        for (const auto* field : table_.derived()) message->GetReflection()->ClearField(message, field);
      }
      bytes += message->ByteSizeLong();
      // One goes, however large it is.
      if (listed == size || (listed > 0 && bytes > rpc::kPageBytes)) {
        const auto* next = response->GetDescriptor()->FindFieldByName("next_page_token");
        reflection->SetString(response, next, MakePageToken({absl::StrCat(before)}, query, cipher_));
        return absl::OkStatus();
      }
      before = version.version;
      ++listed;
      Message* added = reflection->AddMessage(response, rows);
      added->GetReflection()->Swap(added, message);
    }
    if (!versions.empty()) before = std::min(before, versions.back().version);
  }
  return absl::OkStatus();
}

}  // namespace edudelta::resource

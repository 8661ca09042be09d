// What the declarations need beyond the schema: the text of a migration, for a person to name and to read.
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/resource/schema_draft.h"
#include "common/service/runtime.h"

namespace edudelta::service {

absl::StatusOr<std::string> DraftMigrations(const Definition& definition, db::Session& session) {
  RETURN_IF_ERROR(db::CheckMigrations(session, db::WithCommonMigrations(definition.migrations)));
  const codes::CodeSets codes = codes::CodeSets::Embedded();
  std::string text;
  for (const auto* type : describe::ResourcesOf({describe::FindService(definition.name)})) {
    ASSIGN_OR_RETURN(const std::unique_ptr<resource::Table> table, resource::Table::Build(type, codes));
    ASSIGN_OR_RETURN(const std::string sql, resource::DraftMigration(session, *table));
    if (!sql.empty()) absl::StrAppend(&text, text.empty() ? "" : "\n", "-- ", table->dataset(), "\n", sql);
  }
  return text;
}

}  // namespace edudelta::service

#include "common/db/table_cache.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"

namespace edudelta::db {

absl::StatusOr<TableCache> CheckTableCache(Session& session, int64_t reserve) {
  TableCache cache;
  int64_t definitions = 0, open_tables = 0;
  {
    ASSIGN_OR_RETURN(Rows rows, session.Query("SELECT @@GLOBAL.table_definition_cache, @@GLOBAL.table_open_cache, "
                                              "(SELECT COUNT(*) FROM information_schema.tables "
                                              "WHERE table_schema = DATABASE())"));
    if (rows.Next()) {
      definitions = rows.Int(0);
      open_tables = rows.Int(1);
      cache.tables = rows.Int(2);
    }
  }
  {
    ASSIGN_OR_RETURN(Rows rows, session.Query("SHOW GLOBAL STATUS LIKE 'Open_table_definitions'"));
    if (rows.Next() && !absl::SimpleAtoi(rows.Text(1), &cache.open)) cache.open = 0;
  }
  cache.keeps = std::min(definitions, open_tables);
  if (cache.tables + reserve <= cache.keeps) return cache;
  return Refused("TABLE_CACHE_TOO_SMALL",
                 absl::StrCat("数据库服务器缓存的表太少：本库有 ", cache.tables,
                              " 张表，table_definition_cache 和 table_open_cache 都应不小于 ", cache.tables + reserve,
                              "，并为同一服务器上的其他库留出余量"),
                 {{"tables", absl::StrCat(cache.tables)},
                  {"needed", absl::StrCat(cache.tables + reserve)},
                  {"table_definition_cache", absl::StrCat(definitions)},
                  {"table_open_cache", absl::StrCat(open_tables)}});
}

}  // namespace edudelta::db

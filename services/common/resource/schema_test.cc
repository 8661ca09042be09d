#include "common/resource/schema.h"

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/codes/code_sets.h"
#include "common/db/migrator.h"
#include "common/db/pool.h"
#include "common/resource/schema_draft.h"
#include "common/testing/database.h"
#include "common/testing/matchers.h"
#include "edudelta/options/v1/options.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"

namespace edudelta::resource {
namespace {

using ::testing::AllOf;
using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;

// A field of proto text: "string note = 10", annotated.
std::string Field(const std::string& name, int number, const std::string& type, const std::string& options,
                  bool optional = false) {
  return absl::StrCat("field { name: '", name, "' number: ", number, " label: LABEL_OPTIONAL ", type,
                      optional ? " proto3_optional: true oneof_index: 0 " : "",
                      " options { [edudelta.options.v1.field] { label: '", name, "' ", options, " } } }\n");
}

constexpr char kString[] = "type: TYPE_STRING";
constexpr char kInt[] = "type: TYPE_INT32";
constexpr char kTime[] = "type: TYPE_MESSAGE type_name: '.google.protobuf.Timestamp'";

// The gate of a school with these fields besides its name and times.
class Gate {
 public:
  explicit Gate(const std::string& fields, const std::string& pattern = "districts/{district}/gates/{gate}") {
    google::protobuf::FileDescriptorProto file;
    const bool parsed = google::protobuf::TextFormat::ParseFromString(
        absl::StrCat("name: 'edudelta/test/v1/gate.proto' package: 'edudelta.test.v1' syntax: 'proto3' "
                     "dependency: 'edudelta/options/v1/options.proto' dependency: 'google/protobuf/timestamp.proto' "
                     "message_type { name: 'Gate' options { [edudelta.options.v1.resource] { pattern: '",
                     pattern, "' table: 'gate' label: '校门' share: CONDITIONAL } } ",
                     "field { name: 'name' number: 1 label: LABEL_OPTIONAL type: TYPE_STRING } ", fields,
                     Field("create_time", 97, kTime, "level: L1"), Field("update_time", 98, kTime, "level: L1"),
                     "field { name: 'etag' number: 99 label: LABEL_OPTIONAL type: TYPE_STRING } ",
                     absl::StrContains(fields, "oneof_index") ? "oneof_decl { name: '_optional' }" : "", "}"),
        &file);
    EXPECT_TRUE(parsed);
    const auto* built = pool_.BuildFile(file);
    EXPECT_NE(built, nullptr);
    auto table = Table::Build(built->message_type(0), codes_);
    EXPECT_THAT(table, IsOk());
    table_ = *std::move(table);
  }

  const Table* operator->() const { return table_.get(); }
  const Table& operator*() const { return *table_; }

 private:
  const codes::CodeSets codes_ = codes::CodeSets::Embedded();
  google::protobuf::DescriptorPool pool_{google::protobuf::DescriptorPool::generated_pool()};
  std::unique_ptr<Table> table_;
};

const std::string kLabel = Field("display_name", 2, kString, "level: L1 max_length: 120");
const std::string kFields =
    absl::StrCat(kLabel, Field("width", 3, kInt, "level: L1 filterable: true"),
                 Field("school", 4, kString, "level: L1 max_length: 120 reference: 'planning.School'"));

class SchemaTest : public ::testing::Test {
 protected:
  SchemaTest() : pool_(*db::Pool::Create(testing::Database::Shared().CreateSchema(), registry_)) {}

  absl::Status With(absl::FunctionRef<absl::Status(db::Session&)> work) { return pool_->Read(testing::Soon(), work); }
  // Statements that end with ";" at a line's end.
  void Apply(const std::string& sql) {
    migrations_.push_back({absl::StrCat("migration_", 100 + migrations_.size()), sql});
    ASSERT_THAT(db::Migrate(*pool_, migrations_), IsOk()) << sql;
  }
  absl::Status Check(const Gate& gate) {
    return With([&](db::Session& session) { return gate->CheckSchema(session); });
  }
  absl::StatusOr<std::string> Draft(const Gate& gate) {
    std::string draft;
    RETURN_IF_ERROR(With([&](db::Session& session) -> absl::Status {
      ASSIGN_OR_RETURN(draft, DraftMigration(session, *gate));
      return absl::OkStatus();
    }));
    return draft;
  }
  // The schema of kFields, altered, is refused so, at this column.
  void Refuses(const std::string& alter, const std::string& reason, const std::string& column,
               const std::string& table = "gate") {
    const Gate gate(kFields);
    if (migrations_.empty()) Apply(gate->Ddl());
    ASSERT_THAT(Check(gate), IsOk());
    Apply(absl::StrCat("CREATE TABLE kept LIKE `", table, "`;\nALTER TABLE `", table, "` ", alter, ";\n"));
    const absl::Status status = Check(gate);
    EXPECT_THAT(status, HasReason(reason)) << alter;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(absl::StrCat("[table=", table, "]")), HasSubstr(absl::StrCat("[column=", column, "]"))))
        << alter;
    Apply(absl::StrCat("DROP TABLE `", table, "`;\nRENAME TABLE kept TO `", table, "`;\n"));
  }
  // What is printed for `to` makes a schema of `from` right, and nothing more is to be done then.
  std::string Drafted(const Gate& from, const Gate& to) {
    Apply(from->Ddl());
    const auto draft = Draft(to);
    EXPECT_THAT(draft, IsOk());
    if (!draft.ok()) return "";
    Apply(*draft);
    EXPECT_THAT(Check(to), IsOk());
    EXPECT_EQ(Draft(to).value_or("not ok"), "");
    return *draft;
  }
  void RefusesDraft(const std::string& from, const std::string& to, const std::string& column, const std::string& why) {
    SCOPED_TRACE(why);
    Apply("DROP TABLE IF EXISTS `gate`, `gate_history`;\n");
    Apply(Gate(from)->Ddl());
    const auto draft = Draft(Gate(to));
    EXPECT_THAT(draft, HasReason("DRAFT_REFUSED"));
    EXPECT_THAT(std::string(draft.status().message()),
                AllOf(HasSubstr(absl::StrCat("[table=gate] [column=", column, "]")), HasSubstr(why)));
  }

  metrics::Registry registry_;
  std::unique_ptr<db::Pool> pool_;
  std::vector<db::Migration> migrations_;
};

TEST_F(SchemaTest, RefusesAColumnThatIsMissing) {
  Refuses("DROP COLUMN `school`", "COLUMN_MISSING", "school");
  Refuses("DROP COLUMN `history_to`, DROP KEY `ix_gate_history_name`", "COLUMN_MISSING", "history_to", "gate_history");
}

TEST_F(SchemaTest, RefusesAnotherType) {
  Refuses("MODIFY `width` BIGINT NOT NULL", "COLUMN_TYPE", "width");
  Refuses("MODIFY `width` INT UNSIGNED NOT NULL", "COLUMN_TYPE", "width");
  Refuses("MODIFY `display_name` VARCHAR(119) NOT NULL", "COLUMN_TYPE", "display_name", "gate_history");
  Refuses("MODIFY `row_id` BIGINT NOT NULL", "COLUMN_TYPE", "row_id");
  Refuses("MODIFY `update_time` DATETIME(6) NOT NULL ON UPDATE CURRENT_TIMESTAMP(6)", "COLUMN_TYPE", "update_time");
}

TEST_F(SchemaTest, RefusesAnotherNullability) {
  Refuses("MODIFY `width` INT NULL", "COLUMN_NULLABLE", "width");
  Refuses("MODIFY `width` INT NULL", "COLUMN_NULLABLE", "width", "gate_history");
}

TEST_F(SchemaTest, RefusesAnotherCollation) {
  Refuses("MODIFY `display_name` VARCHAR(120) COLLATE utf8mb4_unicode_ci NOT NULL", "COLUMN_COLLATION", "display_name");
  Refuses("MODIFY `school` VARCHAR(120) COLLATE utf8mb4_bin NOT NULL", "COLUMN_COLLATION", "school");
  Refuses("MODIFY `gate_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL", "COLUMN_COLLATION",
          "gate_id", "gate_history");
}

TEST_F(SchemaTest, RefusesAKeyThatIsNotUnique) {
  Refuses("DROP KEY `uk_gate_name`, ADD KEY (`district_id`, `gate_id`)", "KEY_NOT_UNIQUE", "district_id,gate_id");
  Refuses("DROP KEY `uk_gate_name`, ADD UNIQUE KEY (`district_id`, `gate_id`, `width`)", "KEY_NOT_UNIQUE",
          "district_id,gate_id");
  Refuses("DROP KEY `uk_gate_name`, ADD UNIQUE KEY (`district_id`, `gate_id`(20))", "KEY_NOT_UNIQUE",
          "district_id,gate_id");
  Refuses("DROP PRIMARY KEY", "KEY_NOT_UNIQUE", "row_id,version", "gate_history");
}

TEST_F(SchemaTest, RefusesAFieldWithoutIndex) {
  Refuses("DROP KEY `ix_gate_width`", "INDEX_MISSING", "district_id,width");
  Refuses("DROP KEY `ix_gate_width`, ADD KEY (`width`, `district_id`)", "INDEX_MISSING", "district_id,width");
  Refuses("DROP KEY `ix_gate_school`", "INDEX_MISSING", "district_id,school");
  Refuses("DROP KEY `ix_gate_history_name`", "INDEX_MISSING", "district_id,gate_id,history_to", "gate_history");
  Refuses("DROP KEY `ix_gate_history_time`", "INDEX_MISSING", "district_id,history_to", "gate_history");
}

// Of a newer release that this program may run beside, unless that takes its rows away.
TEST_F(SchemaTest, AllowsWhatANewerReleaseAdded) {
  const Gate gate(kFields);
  Apply(gate->Ddl());
  Apply(
      "ALTER TABLE `gate` ADD `note` VARCHAR(20) NOT NULL DEFAULT '', ADD KEY (`note`), "
      "MODIFY `display_name` VARCHAR(200) NOT NULL, MODIFY `width` INT NOT NULL DEFAULT 3;\n");
  EXPECT_THAT(Check(gate), IsOk());
  Refuses("ADD `colour` INT NOT NULL", "COLUMN_DEFAULT", "colour");
}

TEST_F(SchemaTest, DraftsAResource) {
  const Gate gate(kFields);
  EXPECT_EQ(Draft(gate).value_or(""), gate->Ddl());
  Apply(gate->Ddl());
  EXPECT_EQ(Draft(gate).value_or("not ok"), "");
}

TEST_F(SchemaTest, DraftsFieldsForProgramsOfBeforeToo) {
  const std::string decimal = "level: L1 decimal { precision: 8 scale: 2 }";
  const Gate to(absl::StrCat(kFields, Field("count", 5, kInt, "level: L1 filterable: true"),
                             Field("note", 6, kString, "level: L1 max_length: 40"),
                             Field("height", 7, kString, decimal),
                             Field("keeper", 8, kString, "level: L3 filterable: true max_length: 20"),
                             Field("opened_year", 9, kInt, "level: L1", true)));
  const std::string columns =
      "  ADD COLUMN `count` INT NOT NULL DEFAULT 0,\n"
      "  ADD COLUMN `note` VARCHAR(40) NOT NULL DEFAULT '',\n"
      "  ADD COLUMN `height` DECIMAL(8,2) NULL,\n"
      "  ADD COLUMN `keeper` VARBINARY(176) NULL,\n"
      "  ADD COLUMN `keeper_index` BINARY(32) NULL,\n"
      "  ADD COLUMN `opened_year` INT NULL";
  EXPECT_EQ(Drafted(Gate(kFields), to),
            absl::StrCat("ALTER TABLE `gate`\n", columns, ",\n  ADD KEY `ix_gate_count` (`district_id`, `count`),\n",
                         "  ADD KEY `ix_gate_keeper` (`district_id`, `keeper_index`);\n",
                         "ALTER TABLE `gate_history`\n", columns, ";\n"));
  Apply(
      "INSERT INTO `gate` (version, create_time, update_time, district_id, gate_id, display_name, width, school) "
      "VALUES (1, NOW(6), NOW(6), '310114', 'g1', '南门', 3, '');\n");
}

TEST_F(SchemaTest, DraftsAnIndexAndALongerText) {
  const Gate to(absl::StrCat(Field("display_name", 2, kString, "level: L1 max_length: 200 filterable: true"),
                             Field("width", 3, kInt, "level: L1", true)));
  EXPECT_EQ(Drafted(Gate(absl::StrCat(kLabel, Field("width", 3, kInt, "level: L1"))), to),
            "ALTER TABLE `gate`\n  MODIFY COLUMN `display_name` VARCHAR(200) NOT NULL,\n"
            "  MODIFY COLUMN `width` INT NULL,\n"
            "  ADD KEY `ix_gate_display_name` (`district_id`, `display_name`);\n"
            "ALTER TABLE `gate_history`\n  MODIFY COLUMN `display_name` VARCHAR(200) NOT NULL,\n"
            "  MODIFY COLUMN `width` INT NULL;\n");
}

TEST_F(SchemaTest, DraftsNothingThatLosesByIt) {
  const auto note = [](const std::string& options) { return kLabel + Field("note", 3, kString, options); };
  const std::string plain = note("level: L1 max_length: 40");
  RefusesDraft(plain, kLabel, "note", "renamed or removed");
  RefusesDraft(plain, kLabel + Field("remark", 3, kString, "level: L1 max_length: 40"), "note", "renamed or removed");
  RefusesDraft(plain, kLabel + Field("note", 3, kInt, "level: L1"), "note", "retyped from varchar(40) to int");
  RefusesDraft(plain, note("level: L1 max_length: 30"), "note", "narrowed from varchar(40) to varchar(30)");
  RefusesDraft(plain, note("level: L3 max_length: 40"), "note", "its level is raised");
  RefusesDraft(plain, note("level: L4 max_length: 40 filterable: true"), "note", "its level is raised");
  RefusesDraft(plain, note("level: L1 max_length: 40 format: PHONE_NUMBER"), "note", "collation");
  const std::string width = Field("width", 3, kInt, "level: L1");
  RefusesDraft(kLabel + Field("width", 3, kInt, "level: L1", true), kLabel + width, "width",
               "NULL is no longer allowed");
}

}  // namespace
}  // namespace edudelta::resource

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/codes/code_sets.h"
#include "common/describe/describe.h"
#include "google/protobuf/descriptor.h"

namespace edudelta::gateway::codec {

// A resource as the columns of a sheet, made from its annotations. Immutable, so thread-safe.
class Sheet {
 public:
  struct Column {
    enum class Kind {
      // The resource's own id, or its whole name.
      kKey,
      // The id of an ancestor: `variable` counts within the pattern.
      kAncestor,
      kField,
    };
    Kind kind = Kind::kField;
    size_t variable = 0;
    const google::protobuf::FieldDescriptor* field = nullptr;
    // Read and sent, but not taken: the service sets it, and tells who says something else.
    bool output_only = false;
    // When the row was made or changed last. Always something else after an import, so not looked at.
    bool times_row = false;
    // A number or a word, REQUIRED and IMMUTABLE: where an id is made of fields, it is made of these.
    bool fixed = false;
    // Pattern of the resource that the field names.
    std::optional<describe::Pattern> reference{};
    // How the header of an export calls it.
    std::string header{};
    // For errors: the field's or variable's name.
    std::string name{};
    // L1 or L2: its values may stand in an error text.
    bool open = false;
    // Of its code set, if it has one.
    std::vector<codes::Code> codes{};
    // Of an enum, for error texts: the labels of its values.
    std::string choices{};
  };

  // `others`: resources whose labels name the ancestor columns ("学校" for `school`); may be empty.
  Sheet(const google::protobuf::Descriptor* resource, const std::vector<const google::protobuf::Descriptor*>& others,
        const codes::CodeSets& codes);
  Sheet(const Sheet&) = delete;
  Sheet& operator=(const Sheet&) = delete;

  const google::protobuf::Descriptor* resource() const { return resource_; }
  const describe::Pattern& pattern() const { return pattern_; }
  const google::protobuf::FieldDescriptor* name_field() const { return name_field_; }
  // The key, the ancestors, then the fields in order of declaration.
  const std::vector<Column>& columns() const { return columns_; }

  // By field name, lowerCamelCase name or label; for the key also "name", "编号" and its variable. Null when unknown.
  const Column* Find(absl::string_view header) const;

 private:
  void AddHeader(const std::string& header, size_t column);

  const google::protobuf::Descriptor* resource_;
  const google::protobuf::FieldDescriptor* name_field_;
  describe::Pattern pattern_;
  std::vector<Column> columns_;
  absl::flat_hash_map<std::string, size_t> by_header_;
};

// A parent such as "districts/310114/schools/-" against a pattern: the ids that are known, empty where a column must
// say. nullopt when it is no parent of such a resource.
std::optional<std::vector<std::string>> KnownIds(const describe::Pattern& pattern, absl::string_view parent);

}  // namespace edudelta::gateway::codec

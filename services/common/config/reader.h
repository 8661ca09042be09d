#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace edudelta::config {

enum class Need { kOptional, kRequired };

// Reads EDUDELTA_* variables into a struct. The value a variable holds before is its default. Problems are collected;
// Finish() tells them all at once. Single-threaded.
//
//   Reader r(environ);
//   r.String("EDUDELTA_DB_URL", &config.db_url, Need::kRequired);
//   r.Int("EDUDELTA_WORKERS", &config.workers, 1, 64);
//   RETURN_IF_ERROR(r.Finish());
class Reader {
 public:
  explicit Reader(const char* const* environment);
  explicit Reader(std::map<std::string, std::string> environment);

  void String(absl::string_view name, std::string* value, Need need = Need::kOptional);
  // One of `choices`.
  void Choice(absl::string_view name, std::string* value, const std::vector<std::string>& choices);
  void Int(absl::string_view name, int* value, int least = std::numeric_limits<int>::min(),
           int most = std::numeric_limits<int>::max());
  // "true" or "false".
  void Bool(absl::string_view name, bool* value);
  // "250ms", "30s", "1h30m"; not negative.
  void Duration(absl::string_view name, absl::Duration* value);
  // "all" (1), "sampled:N" (N), "failures" (0): log/call_choice.h.
  void LogCalls(absl::string_view name, int* one_in);
  // Comma-separated; blanks around an item and empty items are dropped.
  void List(absl::string_view name, std::vector<std::string>* value);
  // The variable names a readable file.
  void File(absl::string_view name, std::string* path, Need need = Need::kOptional);
  // The variable names a file that only its owner and group may read; `value` gets the content without the newline at
  // its end. Neither the table nor a problem shows it.
  void SecretFile(absl::string_view name, std::string* value, Need need = Need::kOptional);

  // A problem between variables, told with the others.
  void Problem(std::string text);

  // INVALID_ARGUMENT with one line per problem, unknown EDUDELTA_* names included, each with the nearest known name.
  absl::Status Finish() const;

  // For --check-config: name, value and where it came from ("set" or "default"), one line each. Secrets are hidden.
  std::string Table() const;

 private:
  struct Row {
    std::string name;
    std::string value;
    bool set;
  };
  const std::string* Find(absl::string_view name, Need need);
  void Show(absl::string_view name, std::string value, bool set);

  std::map<std::string, std::string> environment_;
  std::set<std::string> known_;
  std::vector<Row> rows_;
  std::vector<std::string> problems_;
};

}  // namespace edudelta::config

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"

namespace edudelta::log {

enum class Level { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning", "error"; false for anything else.
bool ParseLevel(absl::string_view text, Level* level);

struct Field {
  using Value = std::variant<std::string, std::int64_t, double, bool>;

  Field(absl::string_view key, absl::string_view text) : key(key), value(std::string(text)) {}
  Field(absl::string_view key, const char* text) : key(key), value(std::string(text)) {}
  Field(absl::string_view key, const std::string& text) : key(key), value(text) {}
  Field(absl::string_view key, bool flag) : key(key), value(flag) {}
  Field(absl::string_view key, double number) : key(key), value(number) {}
  template <typename Int, typename = std::enable_if_t<std::is_integral_v<Int>>>
  Field(absl::string_view key, Int number) : key(key), value(static_cast<std::int64_t>(number)) {}

  std::string key;
  Value value;
};
using Fields = std::vector<Field>;

// Writes one line of JSON per event to standard error:
//   {"time":"2026-03-01T08:00:00.000000Z","level":"info","service":"planning","event":"call","trace_id":"...",
//    "fields":{...}}
// `trace_id` and `fields` appear when there are any. `event` is snake_case and never varies; what varies is a field.
// The caller keeps personal data out. Made by main.cc, passed by reference; thread-safe; never fails.
class Logger {
 public:
  using Sink = std::function<void(const std::string& line)>;

  Logger(std::string service, const Clock& clock, Level level = Level::kInfo);
  // Lines go to `sink` instead, without the newline, from any thread.
  Logger(std::string service, const Clock& clock, Level level, Sink sink);
  ~Logger();

  void Debug(absl::string_view event, const Fields& fields = {}, absl::string_view trace_id = {}) const;
  void Info(absl::string_view event, const Fields& fields = {}, absl::string_view trace_id = {}) const;
  void Warning(absl::string_view event, const Fields& fields = {}, absl::string_view trace_id = {}) const;
  void Error(absl::string_view event, const Fields& fields = {}, absl::string_view trace_id = {}) const;
  void Write(Level level, absl::string_view event, const Fields& fields, absl::string_view trace_id) const;

 private:
  const std::string service_;
  const Clock& clock_;
  const Level level_;
  Sink sink_;
};

}  // namespace edudelta::log

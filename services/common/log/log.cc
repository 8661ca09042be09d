#include "common/log/log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "spdlog/logger.h"
#include "spdlog/sinks/stdout_sinks.h"

namespace edudelta::log {
namespace {

constexpr const char* kNames[] = {"debug", "info", "warning", "error"};

const char* NameOf(Level level) { return kNames[static_cast<int>(level)]; }

Logger::Sink StandardError() {
  auto logger = std::make_shared<spdlog::logger>("edudelta", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");
  // A full disk or closed pipe must not end the service.
  logger->set_error_handler([](const std::string&) {});
  return [logger](const std::string& line) { logger->info(spdlog::string_view_t(line)); };
}

bool IsPlain(char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

// A JSON string. Bytes that are no UTF-8 become U+FFFD, so that a line is JSON whatever was logged.
void AppendText(absl::string_view text, std::string* line) {
  if (std::all_of(text.begin(), text.end(), IsPlain)) {
    absl::StrAppend(line, "\"", text, "\"");
  } else {
    *line += nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

struct AppendValue {
  std::string* line;

  void operator()(const std::string& text) const { AppendText(text, line); }
  void operator()(std::int64_t number) const { absl::StrAppend(line, number); }
  void operator()(double number) const { *line += nlohmann::json(number).dump(); }
  void operator()(bool flag) const { *line += flag ? "true" : "false"; }
};

}  // namespace

bool ParseLevel(absl::string_view text, Level* level) {
  for (int i = 0; i < 4; ++i) {
    if (text == kNames[i]) {
      *level = static_cast<Level>(i);
      return true;
    }
  }
  return false;
}

Logger::Logger(std::string service, const Clock& clock, Level level)
    : Logger(std::move(service), clock, level, StandardError()) {}

Logger::Logger(std::string service, const Clock& clock, Level level, Sink sink)
    : service_(std::move(service)), clock_(clock), level_(level), sink_(std::move(sink)) {}

Logger::~Logger() = default;

void Logger::Debug(absl::string_view event, const Fields& fields, absl::string_view trace_id) const {
  Write(Level::kDebug, event, fields, trace_id);
}
void Logger::Info(absl::string_view event, const Fields& fields, absl::string_view trace_id) const {
  Write(Level::kInfo, event, fields, trace_id);
}
void Logger::Warning(absl::string_view event, const Fields& fields, absl::string_view trace_id) const {
  Write(Level::kWarning, event, fields, trace_id);
}
void Logger::Error(absl::string_view event, const Fields& fields, absl::string_view trace_id) const {
  Write(Level::kError, event, fields, trace_id);
}

void Logger::Write(Level level, absl::string_view event, const Fields& fields, absl::string_view trace_id) const {
  if (level < level_) return;
  // Put together by hand: a document of nlohmann's for each line costs as much as the rest of the frame around a call.
  std::string line;
  line.reserve(320);
  absl::StrAppend(&line, "{\"time\":\"", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", clock_.Now(), absl::UTCTimeZone()),
                  "\",\"level\":\"", NameOf(level), "\",\"service\":");
  AppendText(service_, &line);
  line += ",\"event\":";
  AppendText(event, &line);
  if (!trace_id.empty()) {
    line += ",\"trace_id\":";
    AppendText(trace_id, &line);
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    line += i == 0 ? ",\"fields\":{" : ",";
    AppendText(fields[i].key, &line);
    line += ':';
    std::visit(AppendValue{&line}, fields[i].value);
  }
  line += fields.empty() ? "}" : "}}";
  sink_(line);
}

}  // namespace edudelta::log

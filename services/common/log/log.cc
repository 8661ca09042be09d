#include "common/log/log.h"

#include <utility>

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

std::string Text(absl::string_view view) { return std::string(view); }

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
  nlohmann::ordered_json line;
  line["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", clock_.Now(), absl::UTCTimeZone());
  line["level"] = NameOf(level);
  line["service"] = service_;
  line["event"] = Text(event);
  if (!trace_id.empty()) line["trace_id"] = Text(trace_id);
  if (!fields.empty()) {
    auto& target = line["fields"];
    for (const Field& field : fields) {
      std::visit([&](const auto& value) { target[field.key] = value; }, field.value);
    }
  }
  // Bytes that are no UTF-8 become U+FFFD, so that a line is JSON whatever was logged.
  sink_(line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace edudelta::log

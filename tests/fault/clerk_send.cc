// How a clerk sends a request until it knows what came of it.
#include <algorithm>
#include <future>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "edudelta/resource/v1/import.pb.h"
#include "tests/fault/clerk.h"
#include "tests/fault/program.h"

namespace edudelta::fault {
namespace {

constexpr absl::Duration kAnsweredWithin = absl::Seconds(60);

// Worth sending again: it was done or not, the client cannot know.
bool IsTransient(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || reason == "DATABASE_OUTCOME_UNKNOWN" ||
         reason == "DATABASE_CONFLICT" || reason == "REQUEST_IN_PROGRESS";
}

// The rows of an answer: itself, or those of a batch.
std::vector<const Message*> RowsOf(const Kind& kind, const Message& response) {
  if (response.GetDescriptor() == kind.type) return {&response};
  std::vector<const Message*> rows;
  const auto* field = response.GetDescriptor()->field_count() == 0 ? nullptr : response.GetDescriptor()->field(0);
  if (field == nullptr || field->message_type() != kind.type) return {};
  for (int i = 0; i < response.GetReflection()->FieldSize(response, field); ++i)
    rows.push_back(&response.GetReflection()->GetRepeatedMessage(response, field, i));
  return rows;
}

// An import says of its rows what others say of the whole: that a twin of this attempt came first is no failure.
absl::Status ImportStatus(const Message& response, size_t rows) {
  const auto* result = dynamic_cast<const resource::v1::ImportResponse*>(&response);
  if (result == nullptr) return absl::OkStatus();
  const int64_t done = result->created_count() + result->updated_count() + result->unchanged_count();
  if (result->error_count() == 0 && done == static_cast<int64_t>(rows)) return absl::OkStatus();
  return absl::AlreadyExistsError(response.ShortDebugString());
}

}  // namespace

Answer Clerk::Send(const Request& request, unsigned seed, Message* response, Ledger* ledger) const {
  std::mt19937 random(seed);
  const absl::Time until = absl::Now() + kAnsweredWithin;
  const bool has_id = !TextOf(*request.message, "request_id").empty();
  bool may_still_run = false;
  bool sent_before = false;
  unsigned pause = 200;
  while (true) {
    // Some clients lose patience while the service is at work.
    const bool impatient = random() % 12 == 0;
    const absl::Duration patience = impatient ? absl::Milliseconds(3 + random() % 30) : absl::Seconds(10);
    response->Clear();
    ++ledger->attempts;
    settings_.attempts->fetch_add(1);
    absl::Status status = settings_.transport->Call(settings_.actors[request.actor], *request.method, *request.message,
                                                    patience, response);
    if (status.ok()) status = ImportStatus(*response, request.changes.size());
    if (status.ok()) return Answer::kAcknowledged;
    if (request.may_be_refused && ReasonOf(status) == "ETAG_MISMATCH") return Answer::kRefused;
    const bool twin_came_first = !has_id && sent_before && absl::IsAlreadyExists(status);
    if ((!IsTransient(status) && !twin_came_first) || absl::Now() > until) {
      ledger->problems.push_back(absl::StrCat(request.method->name(), " of ", request.kind.table->dataset(),
                                              " was answered ", ReasonOf(status), " ", FieldOf(status), ": ",
                                              status.message()));
      return Answer::kNone;
    }
    sent_before = true;
    may_still_run |= absl::IsDeadlineExceeded(status);
    if (request.may_give_up && !may_still_run && random() % 3 == 0) return Answer::kNone;
    pause = std::min<unsigned>(2 * pause, 20000);
    Pause(absl::Microseconds(pause + random() % pause));
  }
}

Answer Clerk::SendTwice(const Request& request, Message* response) {
  const MessagePtr other(response->New());
  Ledger other_ledger;
  const unsigned seed = random_();
  std::future<Answer> twin =
      std::async(std::launch::async, [&] { return Send(request, seed, other.get(), &other_ledger); });
  const Answer answer = Send(request, random_(), response, &ledger_);
  if (twin.get() != answer || other->SerializeAsString() != response->SerializeAsString()) {
    ledger_.problems.push_back(absl::StrCat(request.method->name(), " sent twice had two answers: ",
                                            response->ShortDebugString(), " and ", other->ShortDebugString()));
  }
  ledger_.Add(std::move(other_ledger));
  return answer;
}

Answer Clerk::Do(Request request, MessagePtr* response) {
  const std::string id = TextOf(*request.message, "request_id");
  const bool twice = !request.may_be_refused && !id.empty() && OneIn(4);
  if (twice) request.may_give_up = false;
  MessagePtr received = NewMessage(request.method->output_type());
  const Answer answer = twice ? SendTwice(request, received.get()) : Send(request, random_(), received.get(), &ledger_);
  if (answer == Answer::kAcknowledged) {
    const std::vector<const Message*> rows = RowsOf(request.kind, *received);
    for (size_t i = 0; i < rows.size() && i < request.changes.size(); ++i) {
      Change& change = request.changes[i];
      const std::string etag = TextOf(*rows[i], "etag");
      const bool same = change.etag.empty() || change.etag == etag;
      if (!same || TextOf(*rows[i], "name") != change.name || request.kind.MarkOf(*rows[i]) != change.mark) {
        ledger_.problems.push_back(absl::StrCat(request.method->name(), " of ", change.name, " ", change.mark, " ",
                                                change.etag,
                                                " was answered with another row: ", rows[i]->ShortDebugString()));
      }
      change.etag = etag;
      change.content = request.kind.ContentOf(*rows[i]);
    }
  }
  ledger_.sent.push_back(
      {request.method, settings_.actors[request.actor].caller.principal(), id, std::move(request.changes), answer});
  if (response != nullptr) *response = std::move(received);
  return answer;
}

void Clerk::FetchAll(const Kind& kind, std::vector<Change>* changes) {
  for (Change& change : *changes) {
    MessagePtr get = NewMessage(kind.Method(describe::MethodKind::kGet)->input_type());
    SetText(get.get(), "name", change.name);
    const MessagePtr row = NewMessage(kind.type);
    const Request request{kind, kind.Method(describe::MethodKind::kGet), std::move(get), {}};
    if (Send(request, random_(), row.get(), &ledger_) != Answer::kAcknowledged) return;
    if (kind.MarkOf(*row) != change.mark)
      ledger_.problems.push_back(absl::StrCat("imported ", change.mark, ", read ", row->ShortDebugString()));
    change.etag = TextOf(*row, "etag");
    change.content = kind.ContentOf(*row);
    Row* known = Pick(kind, [&](const Row& one) { return TextOf(*one.message, "name") == change.name; });
    if (known == nullptr) {
      Keep(kind, *row);
    } else {
      known->message->CopyFrom(*row);
    }
  }
}

}  // namespace edudelta::fault

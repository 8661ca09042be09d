#include "tests/bench/registers.h"

#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/codes/code_sets.h"
#include "edudelta/facilities/v1/facilities.pb.h"
#include "edudelta/planning/v1/balance_report.pb.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "gateway/codec/import.h"

namespace edudelta::bench {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kPlanning[] = "edudelta.planning.v1.PlanningService";
constexpr char kFacilities[] = "edudelta.facilities.v1.FacilitiesService";

class Stopwatch {
 public:
  absl::Duration Elapsed() const { return absl::Now() - start_; }
  double Seconds() const { return absl::ToDoubleSeconds(Elapsed()); }

 private:
  const absl::Time start_ = absl::Now();
};

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void Set(Message* message, const char* field, const std::string& value) {
  message->GetReflection()->SetString(message, message->GetDescriptor()->FindFieldByName(field), value);
}

void Require(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

const FieldDescriptor* RowsField(const google::protobuf::Descriptor* request) {
  for (int i = 0; i < request->field_count(); ++i) {
    if (request->field(i)->is_repeated() && request->field(i)->message_type() != nullptr) return request->field(i);
  }
  throw std::runtime_error("no rows in " + request->full_name());
}

std::vector<std::unique_ptr<Message>> ImportRequests(const std::string& path, const std::string& parent,
                                                     const std::string& csv) {
  const auto* type = Calls::Method(path).input_type();
  const FieldDescriptor* rows = RowsField(type);
  const gateway::codec::Sheet sheet(rows->message_type(), {}, codes::CodeSets::Embedded());
  const gateway::codec::JsonCodec json({rows->message_type()});
  gateway::codec::ImportSource source;
  source.sheet = &sheet;
  source.json = &json;
  source.parent = parent;
  auto reader = gateway::codec::MakeCsvReader(source);
  Require(reader->Feed(csv));
  Require(reader->Finish());
  const auto errors = reader->TakeErrors();
  if (!errors.empty()) throw std::runtime_error(absl::StrCat("row ", errors[0].row(), ": ", errors[0].reason()));
  std::vector<std::unique_ptr<Message>> requests;
  for (gateway::codec::ImportRow& row : reader->TakeRows()) {
    if (requests.empty() || requests.back()->GetReflection()->FieldSize(*requests.back(), rows) == 500) {
      requests.push_back(Calls::New(type));
      Set(requests.back().get(), "parent", parent);
    }
    Message* request = requests.back().get();
    request->GetReflection()->AddAllocatedMessage(request, rows, row.message.release());
  }
  return requests;
}

// The page of a List method that begins at `token`, and the token after it.
std::string Page(Calls& calls, const std::string& path, const std::string& parent, int size, const std::string& token) {
  auto request = Calls::New(Calls::Method(path).input_type());
  Set(request.get(), "parent", parent);
  Set(request.get(), "page_token", token);
  request->GetReflection()->SetInt32(request.get(), request->GetDescriptor()->FindFieldByName("page_size"), size);
  const auto response = calls.Invoke(path, *request);
  return response->GetReflection()->GetString(*response, response->GetDescriptor()->FindFieldByName("next_page_token"));
}

// Imports rows again that `change` has changed; how many were.
template <typename Request, typename Rows, typename Each>
int64_t ImportChanged(Calls& calls, const std::string& path, Request* request, Rows* rows, Each change) {
  for (auto& row : *rows) {
    change(row);
    request->add_rows(request->rows_size() + 1);
  }
  std::vector<std::unique_ptr<Message>> requests;
  requests.push_back(std::make_unique<Request>(*request));
  return calls.Import(path, requests).updated_count();
}

int64_t ChangeGrades(Calls& calls, const std::string& parent, int count) {
  planning::v1::ListGradeEnrollmentsRequest list;
  list.set_parent(parent);
  list.set_page_size(count);
  const auto page = calls.Invoke(absl::StrCat(kPlanning, "/ListGradeEnrollments"), list);
  planning::v1::ImportGradeEnrollmentsRequest changed;
  changed.set_parent(parent);
  *changed.mutable_grade_enrollments() =
      static_cast<const planning::v1::ListGradeEnrollmentsResponse&>(*page).grade_enrollments();
  return ImportChanged(calls, absl::StrCat(kPlanning, "/ImportGradeEnrollments"), &changed,
                       changed.mutable_grade_enrollments(),
                       [](auto& row) { row.set_pupil_count(row.pupil_count() + 1); });
}

int64_t ChangeRooms(Calls& calls, const std::string& parent, int count) {
  facilities::v1::ListRoomsRequest list;
  list.set_parent(parent);
  list.set_page_size(count);
  const auto page = calls.Invoke(absl::StrCat(kFacilities, "/ListRooms"), list);
  facilities::v1::ImportRoomsRequest changed;
  changed.set_parent(parent);
  *changed.mutable_rooms() = static_cast<const facilities::v1::ListRoomsResponse&>(*page).rooms();
  return ImportChanged(calls, absl::StrCat(kFacilities, "/ImportRooms"), &changed, changed.mutable_rooms(),
                       [](auto& row) { row.set_area("131.31"); });
}

}  // namespace

nlohmann::json ImportFile(const Flags& flags) {
  Calls calls(flags.at("address"));
  const auto requests = ImportRequests(flags.at("method"), flags.at("parent"), ReadFile(flags.at("file")));
  const Stopwatch watch;
  const resource::v1::ImportResponse response = calls.Import(flags.at("method"), requests);
  nlohmann::json result = {{"rows", response.row_count()},
                           {"created", response.created_count()},
                           {"errors", response.error_count()},
                           {"seconds", watch.Seconds()}};
  if (response.errors_size() > 0) {
    result["first_error"] = absl::StrCat("row ", response.errors(0).row(), " ", response.errors(0).column(), " ",
                                         response.errors(0).reason());
  }
  return result;
}

nlohmann::json Export(const Flags& flags) {
  Calls calls(flags.at("address"));
  const auto& method = Calls::Method(flags.at("method"));
  const auto request = Calls::New(method.input_type());
  Set(request.get(), "parent", flags.at("parent"));
  const Stopwatch watch;
  int64_t rows = 0;
  calls.Export(flags.at("method"), *request, [&](const Message& page) {
    rows += page.GetReflection()->FieldSize(page, page.GetDescriptor()->field(0));
  });
  return {{"rows", rows}, {"seconds", watch.Seconds()}};
}

nlohmann::json DeepPage(const Flags& flags) {
  Calls calls(flags.at("address"));
  const std::string& path = flags.at("method");
  const std::string& parent = flags.at("parent");
  const int64_t depth = std::stoll(flags.at("depth"));
  const Stopwatch walk;
  std::string token;
  for (int64_t row = 0; row < depth; row += 1000) {
    token = Page(calls, path, parent, 1000, token);
    if (token.empty()) throw std::runtime_error("the collection ends before the wanted row");
  }
  nlohmann::json result = {{"walk_seconds", walk.Seconds()}};
  for (int i = std::stoi(flags.at("pairs")); i > 0; --i) {
    for (const auto& [key, where] : {std::pair("first_us", std::string()), std::pair("deep_us", token)}) {
      const Stopwatch watch;
      Page(calls, path, parent, 50, where);
      result[key].push_back(absl::ToDoubleMicroseconds(watch.Elapsed()));
    }
  }
  return result;
}

nlohmann::json Balance(const Flags& flags) {
  Calls calls(flags.at("address"));
  planning::v1::EvaluateBalanceRequest request;
  request.set_name("districts/" + flags.at("district"));
  request.set_school_year(2025);
  nlohmann::json result;
  for (int i = std::stoi(flags.at("times")); i > 0; --i) {
    const Stopwatch watch;
    const auto response = calls.Invoke(absl::StrCat(kPlanning, "/EvaluateBalance"), request);
    result["seconds"].push_back(watch.Seconds());
    const auto& report = static_cast<const planning::v1::BalanceReport&>(*response);
    result["report"] = report.name();
    result["coefficients"] = nlohmann::json::array();
    for (const auto& stage : report.stages()) {
      result["schools"].push_back(stage.school_count());
      for (const auto& one : stage.coefficients()) result["coefficients"].push_back(one.value());
    }
  }
  return result;
}

nlohmann::json Change(const Flags& flags) {
  const std::string schools = "districts/" + flags.at("district") + "/schools/-";
  const int count = std::stoi(flags.at("count"));
  Calls planning(flags.at("address"));
  Calls facilities(flags.at("facilities"));
  return {
      {"changed", ChangeGrades(planning, schools, count) + ChangeRooms(facilities, schools + "/buildings/-", count)}};
}

nlohmann::json Recompute(const Flags& flags) {
  Calls calls(flags.at("address"));
  planning::v1::RecomputeBalanceRequest request;
  request.set_name(flags.at("report"));
  const Stopwatch watch;
  const auto response = calls.Invoke(absl::StrCat(kPlanning, "/RecomputeBalance"), request);
  return {{"equal", static_cast<const planning::v1::RecomputeBalanceResponse&>(*response).equal()},
          {"seconds", watch.Seconds()}};
}

}  // namespace edudelta::bench

#include "tests/fault/partner.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/fault/program.h"

namespace edudelta::fault {
namespace {

constexpr absl::Duration kAnsweredWithin = absl::Seconds(60);

}  // namespace

void Partner::Read(int answers) {
  const absl::Time until = absl::Now() + kAnsweredWithin;
  for (int got = 0; got < answers && absl::Now() < until;) {
    Reading reading;
    reading.case_number = absl::StrCat(settings_.id, "-", readings_.size());
    const unsigned choice = random_() % 8;
    std::string path = "/v1/districts/310114/schools";
    if (choice <= 1) {
      reading.question = Question::kExport;
      absl::StrAppend(&path, ":export?format=ndjson");
    } else if (choice <= 4) {
      reading.question = Question::kList;
      absl::StrAppend(&path, "?page_size=", 1 + random_() % 1000);
    } else {
      absl::StrAppend(&path, "/", absl::StrFormat("2131%06d", random_() % settings_.schools));
    }
    settings_.attempts->fetch_add(1);
    reading.answer =
        Exchange(settings_.port,
                 absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ",
                              settings_.token, "\r\nEdudelta-Purpose: BALANCE_EVALUATION\r\nEdudelta-Case-Number: ",
                              reading.case_number, "\r\nAccept: application/json, application/x-ndjson\r\n\r\n"));
    const bool done = reading.answer.status == 200 && reading.answer.complete;
    got += done;
    readings_.push_back(std::move(reading));
    if (!done) Pause(absl::Microseconds(2000 + random_() % 10000));
  }
}

}  // namespace edudelta::fault

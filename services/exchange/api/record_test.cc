// The evidence: claims, quotas, groups.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/crypto/canonical.h"
#include "common/crypto/digest.h"
#include "common/describe/describe.h"
#include "common/testing/matchers.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "edudelta/exchange/v1/exchange.pb.h"
#include "exchange/api/recorder.h"
#include "exchange/api/testing.h"
#include "exchange/store/evidence.h"

namespace edudelta::exchange::api {
namespace {

using ::testing::ElementsAre;
using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;

class RecordTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    node = new TestNode;
    node->MakeParties();
  }
  static void TearDownTestSuite() { delete node; }

  static absl::StatusOr<int64_t> Record(const v1::RecordRequest& request,
                                        const call::v1::Caller& caller = TestNode::Gateway()) {
    v1::RecordResponse response;
    const absl::Status status = node->Call(caller, "Record", request, &response);
    if (!status.ok()) return status;
    return response.sequence();
  }
  // All at once; in the order of the requests.
  static std::vector<absl::StatusOr<int64_t>> RecordAll(const std::vector<v1::RecordRequest>& requests) {
    struct Running {
      rpc::Context context{TestNode::Gateway(), absl::Now() + absl::Seconds(20), ""};
      v1::RecordResponse response;
      absl::Status status;
      absl::Notification done;
    };
    std::vector<std::unique_ptr<Running>> all;
    for (const v1::RecordRequest& request : requests) {
      all.push_back(std::make_unique<Running>());
      Running* one = all.back().get();
      rpc::InvokeAsync(*node->channel(), node->Method("Record"), one->context, request, &one->response,
                       [one](absl::Status status) {
                         one->status = std::move(status);
                         one->done.Notify();
                       });
    }
    std::vector<absl::StatusOr<int64_t>> answers;
    for (const auto& one : all) {
      one->done.WaitForNotification();
      one->status.ok() ? answers.emplace_back(one->response.sequence()) : answers.emplace_back(one->status);
    }
    return answers;
  }
  static std::string Use(const std::string& agreement) {
    return node->Ask("SELECT CONCAT(calls, ' ', records) FROM quota_use WHERE agreement = '" + agreement + "'");
  }
  static absl::Status SetQuota(const std::string& agreement, int calls, int records) {
    return node->Execute(absl::StrCat("UPDATE agreement SET daily_call_quota = ", calls,
                                      ", daily_record_quota = ", records, " WHERE agreement_id = '", agreement, "'"));
  }

  static TestNode* node;
};
TestNode* RecordTest::node = nullptr;

TEST_F(RecordTest, NumbersAHundredAtOnceWithoutGaps) {
  const v1::Agreement agreement = node->MakeAgreement("hundred", v1::Agreement::STATE_ACTIVE);
  const int64_t before = std::atoll(
      node->Ask("SELECT COALESCE(MAX(sequence), 0) + 1 FROM access_entry WHERE district_id = '310114'").c_str());
  std::vector<v1::RecordRequest> requests;
  for (int i = 0; i < 100; ++i) requests.push_back(TestNode::Access(agreement, NewUuid()));
  // One that is wrong among them fails alone.
  requests[50].set_agreement_hash(std::string(64, '0'));
  std::set<int64_t> sequences;
  const auto answers = RecordAll(requests);
  for (size_t i = 0; i < answers.size(); ++i) {
    if (i == 50) {
      EXPECT_THAT(answers[i], HasReason("AGREEMENT_NOT_ACTIVE"));
      continue;
    }
    ASSERT_THAT(answers[i], IsOk());
    sequences.insert(*answers[i]);
  }
  EXPECT_EQ(sequences.size(), 99u);
  EXPECT_EQ(*sequences.begin(), before);
  EXPECT_EQ(*sequences.rbegin(), before + 98);
  EXPECT_EQ(Use("hundred"), "99 990");
  EXPECT_EQ(node->Ask("SELECT COUNT(*) FROM access_entry WHERE agreement = 'agreements/hundred'"), "99");
  EXPECT_EQ(node->Ask("SELECT next_sequence - 1 - (SELECT COUNT(*) FROM access_entry) FROM evidence_head"), "0");
}

TEST_F(RecordTest, TheSameClaimHasTheSameSequence) {
  const v1::Agreement agreement = node->MakeAgreement("claim", v1::Agreement::STATE_ACTIVE);
  const v1::RecordRequest request = TestNode::Access(agreement, NewUuid());
  const auto first = Record(request);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(*Record(request), *first);
  const auto again = RecordAll(std::vector<v1::RecordRequest>(20, request));
  for (const auto& answer : again) EXPECT_EQ(*answer, *first);
  EXPECT_EQ(Use("claim"), "1 10");

  v1::RecordRequest chunk = request;
  chunk.set_chunk(1);
  EXPECT_NE(*Record(chunk), *first);
  EXPECT_EQ(Use("claim"), "1 20") << "the chunks of one stream are one call";

  v1::RecordRequest other = request;
  other.set_target("districts/310114/schools/1");
  EXPECT_THAT(Record(other), HasReason("REQUEST_ID_REUSED"));
  const std::vector<v1::RecordRequest> twins(2, TestNode::Access(agreement, NewUuid()));
  const auto both = RecordAll(twins);
  EXPECT_EQ(*both[0], *both[1]);
}

TEST_F(RecordTest, HoldsTheQuotaExactly) {
  const v1::Agreement agreement = node->MakeAgreement("quota", v1::Agreement::STATE_ACTIVE);
  ASSERT_THAT(SetQuota("quota", 30, 1000000), IsOk());
  std::vector<v1::RecordRequest> requests;
  for (int i = 0; i < 100; ++i) requests.push_back(TestNode::Access(agreement, NewUuid()));
  int allowed = 0;
  for (const auto& answer : RecordAll(requests)) {
    allowed += answer.ok();
    if (!answer.ok()) {
      EXPECT_THAT(answer, HasReason("QUOTA_EXCEEDED"));
    }
  }
  EXPECT_EQ(allowed, 30);
  EXPECT_EQ(Use("quota"), "30 300");
  ASSERT_THAT(SetQuota("quota", 1000000, 305), IsOk());
  v1::RecordRequest request = TestNode::Access(agreement, NewUuid());
  EXPECT_THAT(Record(request), HasReason("QUOTA_EXCEEDED"));
  request.set_record_count(5);
  EXPECT_THAT(Record(request), IsOk()) << "a refused request claims nothing";
  EXPECT_EQ(Use("quota"), "31 305");
}

TEST_F(RecordTest, RefusesAnAgreementThatIsNotInForce) {
  const v1::Agreement proposed = node->MakeAgreement("proposed", v1::Agreement::STATE_PROPOSED);
  EXPECT_THAT(Record(TestNode::Access(proposed, NewUuid())), HasReason("AGREEMENT_NOT_ACTIVE"));
  v1::Agreement agreement = node->MakeAgreement("force", v1::Agreement::STATE_ACTIVE);
  v1::RecordRequest request = TestNode::Access(agreement, NewUuid());
  request.set_organization("organizations/taicang");
  EXPECT_THAT(Record(request), HasReason("AGREEMENT_NOT_ACTIVE"));
  request = TestNode::Access(agreement, NewUuid());
  request.set_agreement("agreements/none");
  EXPECT_THAT(Record(request), HasReason("AGREEMENT_NOT_ACTIVE"));
  request = TestNode::Access(agreement, NewUuid());
  ASSERT_THAT(node->Execute("UPDATE agreement SET start_time = NOW(6) + INTERVAL 1 HOUR WHERE agreement_id = 'force'"),
              IsOk());
  EXPECT_THAT(Record(request), HasReason("AGREEMENT_NOT_ACTIVE"));
  ASSERT_THAT(node->Execute("UPDATE agreement SET start_time = NOW(6) - INTERVAL 1 HOUR WHERE agreement_id = 'force'"),
              IsOk());
  EXPECT_THAT(Record(request), IsOk());
  ASSERT_THAT(node->Revoke(TestNode::Officer("jiading"), agreement.name()), IsOk());
  EXPECT_THAT(Record(TestNode::Access(agreement, NewUuid())), HasReason("AGREEMENT_NOT_ACTIVE"));
}

TEST_F(RecordTest, EntersDenialsWithoutClaimOrQuota) {
  const v1::Agreement agreement = node->MakeAgreement("denied", v1::Agreement::STATE_PROPOSED);
  v1::RecordRequest request = TestNode::Access(agreement, NewUuid());
  request.set_outcome(v1::AccessEntry::OUTCOME_DENIED);
  EXPECT_THAT(Record(request), HasReason("FIELD_REQUIRED"));
  request.set_reason("NO_AGREEMENT");
  request.clear_district();
  request.clear_record_count();
  const auto first = Record(request);
  ASSERT_THAT(first, IsOk());
  EXPECT_NE(*Record(request), *first);
  EXPECT_EQ(Use("denied"), "");
  EXPECT_EQ(
      node->Ask(absl::StrCat(
          "SELECT CONCAT(district_id, ' ', reason) FROM access_entry WHERE district_id = '000000' AND sequence = ",
          *first)),
      "000000 NO_AGREEMENT");
}

// A number tells nobody how much is asked of others.
TEST_F(RecordTest, NumbersEachDistrictsEntriesByThemselves) {
  const v1::Agreement agreement = node->MakeAgreement("districts", v1::Agreement::STATE_ACTIVE);
  const auto next = [](const std::string& district) {
    return std::atoll(
        node->Ask(absl::StrCat("SELECT COALESCE(MAX(sequence), 0) + 1 FROM access_entry WHERE district_id = '",
                               district, "'"))
            .c_str());
  };
  const int64_t here = next("310114");
  EXPECT_EQ(next("310199"), 1);
  // Together in one group and one after another.
  std::vector<v1::RecordRequest> requests;
  for (int i = 0; i < 9; ++i) {
    requests.push_back(TestNode::Access(agreement, NewUuid()));
    if (i % 3 == 0) requests.back().set_district("310199");
  }
  std::set<int64_t> numbers, others;
  const auto answers = RecordAll(requests);
  for (size_t i = 0; i < answers.size(); ++i) {
    ASSERT_THAT(answers[i], IsOk());
    (i % 3 == 0 ? others : numbers).insert(*answers[i]);
  }
  EXPECT_EQ(others, (std::set<int64_t>{1, 2, 3}));
  EXPECT_EQ(*numbers.begin(), here);
  EXPECT_EQ(*numbers.rbegin(), here + 5);
  EXPECT_EQ(numbers.size(), 6u);
  requests[0].set_request_id(NewUuid());
  EXPECT_THAT(Record(requests[0]), ::testing::Eq(absl::StatusOr<int64_t>(4)));
}

TEST_F(RecordTest, EntersTheEndOfWhatWasCutOff) {
  const v1::Agreement agreement = node->MakeAgreement("cut", v1::Agreement::STATE_ACTIVE);
  auto request = TestNode::Access(agreement, NewUuid());
  const auto first = Record(request);
  ASSERT_THAT(first, IsOk());
  const std::string used = Use("cut");
  ASSERT_THAT(
      node->Execute(absl::StrCat("UPDATE agreement SET state = ", static_cast<int>(v1::Agreement::STATE_REVOKED),
                                 " WHERE agreement_id = 'cut'")),
      IsOk());
  request.set_outcome(v1::AccessEntry::OUTCOME_CUT_OFF);
  request.set_record_count(7);
  EXPECT_THAT(Record(request), HasReason("FIELD_REQUIRED"));
  request.set_reason("AGREEMENT_REVOKED");
  EXPECT_THAT(Record(request), HasReason("FIELD_REQUIRED")) << "of which access";
  request.set_first_entry(*first);
  const auto cut = Record(request);
  ASSERT_THAT(cut, IsOk()) << "the agreement has ended, that is why";
  EXPECT_EQ(*cut, *first + 1);
  EXPECT_EQ(Use("cut"), used) << "nothing more was taken";
  EXPECT_EQ(node->Ask(absl::StrCat("SELECT CONCAT(outcome, ' ', reason, ' ', record_count, ' ', first_entry) FROM "
                                   "access_entry WHERE district_id = '310114' AND sequence = ",
                                   *cut)),
            absl::StrCat("3 AGREEMENT_REVOKED 7 ", *first));
}

// What somebody who guesses the content could compute of it.
std::vector<std::string> DigestsOf(const std::string& bytes) {
  std::vector<std::string> digests;
  for (const std::string& content : {bytes, crypto::Sm3(bytes)}) {
    for (const std::string& digest : {crypto::Sm3(content), crypto::Sha256(content), crypto::HmacSm3("", content),
                                      crypto::HmacSha256("", content)}) {
      digests.push_back(absl::BytesToHexString(digest));
    }
  }
  return digests;
}

TEST_F(RecordTest, KeepsNothingThatAGuessCouldBeTriedOn) {
  const v1::Agreement agreement = node->MakeAgreement("guess", v1::Agreement::STATE_ACTIVE);
  const std::string content = "phone=14116215519";
  v1::RecordRequest request = TestNode::Access(agreement, NewUuid());
  request.set_response_digest(crypto::Sm3(content));
  v1::RecordResponse response;
  ASSERT_THAT(node->Call(TestNode::Gateway(), "Record", request, &response), IsOk());
  std::vector<std::string> digests = DigestsOf(content);
  for (const std::string& digest : DigestsOf(crypto::CanonicalBytes(request))) digests.push_back(digest);
  for (const std::string table : {"access_entry", "record_claim"}) {
    // Every column of every row, as hex digits: of text those of its characters.
    const std::string columns = node->Ask(
        "SELECT GROUP_CONCAT('HEX(`', column_name, '`)' SEPARATOR ', ') FROM information_schema.columns WHERE "
        "table_schema = DATABASE() AND table_name = '" +
        table + "'");
    const std::string stored =
        absl::AsciiStrToLower(node->Ask(absl::StrCat("SELECT CONCAT_WS(' ', ", columns, ") FROM ", table)));
    ASSERT_THAT(stored, HasSubstr(absl::BytesToHexString(request.request_id()))) << table;
    for (const std::string& digest : digests) {
      EXPECT_THAT(stored, Not(HasSubstr(digest))) << table;
      EXPECT_THAT(stored, Not(HasSubstr(absl::BytesToHexString(digest)))) << table;
    }
  }
  v1::GetAccessEntryRequest get;
  get.set_name(absl::StrFormat("districts/310114/accessEntries/%020d", response.sequence()));
  v1::AccessEntry entry;
  ASSERT_THAT(node->Call(TestNode::Auditor("districts/310114"), "GetAccessEntry", get, &entry), IsOk());
  for (const std::string& digest : digests) EXPECT_THAT(entry.DebugString(), Not(HasSubstr(digest)));

  // Who was given the key can prove what was sent, and nobody else's entry opens with it.
  EXPECT_EQ(entry.digest_key_id(), node->runtime().cipher().index_key_id());
  EXPECT_EQ(entry.response_digest(),
            absl::BytesToHexString(crypto::HmacSm3(response.digest_key(), crypto::Sm3(content))));
  v1::RecordRequest again = request;
  again.set_chunk(1);
  v1::RecordResponse chunk;
  ASSERT_THAT(node->Call(TestNode::Gateway(), "Record", again, &chunk), IsOk());
  EXPECT_EQ(chunk.digest_key(), response.digest_key());
  again.set_request_id(NewUuid());
  ASSERT_THAT(node->Call(TestNode::Gateway(), "Record", again, &chunk), IsOk());
  EXPECT_NE(chunk.digest_key(), response.digest_key());
}

TEST_F(RecordTest, KeepsWhatWasAskedAndHowOftenItWasRefused) {
  const v1::Agreement agreement = node->MakeAgreement("asked", v1::Agreement::STATE_ACTIVE);
  v1::RecordRequest request = TestNode::Access(agreement, NewUuid());
  request.mutable_read_time()->set_seconds(1767225600);
  request.add_filter_fields("identity_number");
  request.add_filter_fields("stage");
  v1::GetAccessEntryRequest get;
  v1::AccessEntry entry;
  const auto record = [&] {
    const auto sequence = Record(request);
    ASSERT_THAT(sequence, IsOk());
    get.set_name(absl::StrFormat("districts/310114/accessEntries/%020d", *sequence));
    ASSERT_THAT(node->Call(TestNode::Auditor("districts/310114"), "GetAccessEntry", get, &entry), IsOk());
  };
  record();
  EXPECT_EQ(entry.read_time().seconds(), 1767225600);
  EXPECT_THAT(entry.filter_fields(), ElementsAre("identity_number", "stage"));
  EXPECT_EQ(entry.repeat_count(), 0);
  request.set_outcome(v1::AccessEntry::OUTCOME_DENIED);
  request.set_reason("NO_AGREEMENT");
  request.clear_response_digest();
  request.set_repeat_count(998);
  record();
  EXPECT_EQ(entry.repeat_count(), 998);
  EXPECT_EQ(entry.response_digest(), "");
  EXPECT_EQ(entry.digest_key_id(), "");
  request.set_repeat_count(-1);
  EXPECT_THAT(Record(request), HasReason("NUMBER_OUT_OF_RANGE"));
}

TEST_F(RecordTest, AnAccessDoesNotWaitBehindRefusals) {
  constexpr int kRefusals = 900;
  const v1::Agreement agreement = node->MakeAgreement("first", v1::Agreement::STATE_ACTIVE);
  const v1::RecordRequest access = TestNode::Access(agreement, NewUuid());
  v1::RecordRequest refusal = access;
  refusal.set_outcome(v1::AccessEntry::OUTCOME_DENIED);
  refusal.set_reason("NO_AGREEMENT");
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  std::vector<absl::StatusOr<v1::RecordResponse>> refusals(kRefusals, absl::UnknownError(""));
  absl::StatusOr<v1::RecordResponse> accessed = absl::UnknownError("");
  {
    Recorder recorder(node->runtime());
    // Nothing can be written while they come.
    ASSERT_THAT(node->runtime().pool().Transact(
                    deadline,
                    [&](db::Tx& tx) -> absl::Status {
                      RETURN_IF_ERROR(store::LockHead(tx).status());
                      for (auto& one : refusals) {
                        recorder.Record(refusal, deadline, [&one](auto recorded) { one = std::move(recorded); });
                      }
                      recorder.Record(access, deadline, [&](auto recorded) { accessed = std::move(recorded); });
                      return absl::OkStatus();
                    }),
                IsOk());
  }
  ASSERT_THAT(accessed, IsOk());
  int before = 0;
  for (const auto& one : refusals) {
    ASSERT_THAT(one, IsOk());
    before += one->sequence() < accessed->sequence();
  }
  EXPECT_LE(before, 200) << "no more than had their turn before it came";
}

TEST_F(RecordTest, ATargetHasRoomForTheLongestName) {
  const int room = describe::AnnotationOf(v1::AccessEntry::descriptor()->FindFieldByName("target")).max_length();
  int names = 0;
  for (const char* service : {"planning", "teachers", "facilities", "safety", "exchange"}) {
    for (const auto* resource : describe::ResourcesOf({describe::FindService(service)})) {
      const auto pattern = describe::ParsePattern(describe::ResourceOf(resource)->pattern());
      ASSERT_THAT(pattern, IsOk());
      const std::vector<std::string> ids(pattern->variables.size(), std::string(63, 'x'));
      EXPECT_LE(describe::BuildName(*pattern, ids).size(), static_cast<size_t>(room)) << resource->full_name();
      ++names;
    }
  }
  EXPECT_GT(names, 20);
}

TEST_F(RecordTest, RefusesWhatIsNoAccess) {
  const v1::Agreement agreement = node->MakeAgreement("malformed", v1::Agreement::STATE_ACTIVE);
  const v1::RecordRequest good = TestNode::Access(agreement, NewUuid());
  auto with = [&](auto change) {
    v1::RecordRequest request = good;
    change(request);
    return Record(request).status();
  };
  EXPECT_THAT(with([](auto& r) { r.clear_principal(); }), HasReason("FIELD_REQUIRED"));
  EXPECT_THAT(with([](auto& r) { r.set_principal("张三"); }), HasReason("FIELD_REQUIRED"));
  EXPECT_THAT(with([](auto& r) { r.clear_request_id(); }), HasReason("FIELD_REQUIRED"));
  EXPECT_THAT(with([](auto& r) { r.clear_outcome(); }), HasReason("FIELD_REQUIRED"));
  EXPECT_THAT(with([](auto& r) { r.set_district("31011"); }), HasReason("DISTRICT_CODE_FORMAT"));
  EXPECT_THAT(with([](auto& r) { r.set_chunk(-1); }), HasReason("NUMBER_OUT_OF_RANGE"));
  EXPECT_THAT(with([](auto& r) { r.set_record_count(-1); }), HasReason("NUMBER_OUT_OF_RANGE"));
  EXPECT_THAT(with([](auto& r) { r.set_target(std::string(501, 'x')); }), HasReason("FIELD_TOO_LONG"));
  EXPECT_THAT(with([](auto& r) { r.set_agreement("agreements/"); }), HasReason("NAME_INVALID"));
  EXPECT_THAT(Record(good, TestNode::Administrator()), HasReason("ROLE_MISSING"));
  EXPECT_EQ(node->Ask("SELECT COUNT(*) FROM access_entry WHERE agreement = 'agreements/malformed'"), "0");
}

TEST_F(RecordTest, ServesEntriesToAuditorsOfTheDistrictInOrder) {
  const v1::Agreement agreement = node->MakeAgreement("read", v1::Agreement::STATE_ACTIVE);
  std::vector<v1::RecordRequest> requests;
  for (int i = 0; i < 12; ++i) requests.push_back(TestNode::Access(agreement, NewUuid()));
  for (const auto& answer : RecordAll(requests)) ASSERT_THAT(answer, IsOk());
  v1::ListAccessEntriesRequest list;
  list.set_parent("districts/310114");
  list.set_filter("agreement = \"agreements/read\"");
  list.set_page_size(5);
  int64_t last = 0;
  int count = 0;
  do {
    v1::ListAccessEntriesResponse page;
    ASSERT_THAT(node->Call(TestNode::Auditor("districts/310000"), "ListAccessEntries", list, &page), IsOk());
    for (const v1::AccessEntry& entry : page.access_entries()) {
      EXPECT_GT(entry.sequence(), last);
      last = entry.sequence();
      ++count;
      EXPECT_EQ(entry.response_digest().size(), 64u);
    }
    list.set_page_token(page.next_page_token());
  } while (!list.page_token().empty());
  EXPECT_EQ(count, 12);
  list.clear_page_token();
  v1::ListAccessEntriesResponse page;
  EXPECT_THAT(node->Call(TestNode::Auditor("districts/320583"), "ListAccessEntries", list, &page), IsOk());
  EXPECT_EQ(page.access_entries_size(), 0);
}

}  // namespace
}  // namespace edudelta::exchange::api

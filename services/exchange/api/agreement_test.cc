// The life of an agreement, and who may be what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/testing/matchers.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "edudelta/exchange/v1/exchange.pb.h"
#include "edudelta/exchange/v1/organization.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "exchange/api/policy_state.h"
#include "exchange/api/testing.h"

namespace edudelta::exchange::api {
namespace {

using testing::HasReason;
using testing::IsOk;

class AgreementTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    node = new TestNode;
    node->MakeParties();
  }
  static void TearDownTestSuite() { delete node; }

  absl::Status Create(const v1::Agreement& draft, const std::string& id, v1::Agreement* made) {
    v1::CreateAgreementRequest request;
    request.set_agreement_id(id);
    *request.mutable_agreement() = draft;
    return node->Call(TestNode::Officer("jiading"), "CreateAgreement", request, made);
  }
  // Creates and proposes.
  absl::Status Proposed(const v1::Agreement& draft, const std::string& id) {
    v1::Agreement made;
    RETURN_IF_ERROR(Create(draft, id, &made));
    return node->Propose(made.name(), &made);
  }
  std::string StateOf(const std::string& id) {
    return node->Ask("SELECT state FROM agreement WHERE agreement_id = '" + id + "'");
  }

  static TestNode* node;
};
TestNode* AgreementTest::node = nullptr;

TEST_F(AgreementTest, LivesFromDraftToRevoked) {
  v1::Agreement agreement = node->MakeAgreement("life", v1::Agreement::STATE_DRAFT);
  EXPECT_EQ(agreement.state(), v1::Agreement::STATE_DRAFT);
  EXPECT_EQ(agreement.content_hash(), "");
  ASSERT_THAT(node->Propose(agreement.name(), &agreement), IsOk());
  EXPECT_EQ(agreement.content_hash().size(), 64u);

  v1::Agreement wrong = agreement;
  wrong.set_content_hash(std::string(64, '0'));
  EXPECT_THAT(node->Sign(TestNode::Officer("jiading"), &wrong), HasReason("CONTENT_HASH_MISMATCH"));
  v1::Agreement third = agreement;
  EXPECT_THAT(node->Sign(TestNode::Officer("taicang"), &third), HasReason("ROLE_MISSING"));
  call::v1::Caller everywhere = TestNode::Officer("operator");
  everywhere.mutable_bindings(0)->set_prefix("*");
  third = agreement;
  EXPECT_THAT(node->Sign(everywhere, &third), HasReason("NOT_A_PARTY"));

  ASSERT_THAT(node->Sign(TestNode::Officer("jiading"), &agreement), IsOk());
  ASSERT_EQ(agreement.signatures_size(), 1);
  EXPECT_EQ(agreement.signatures(0).organization(), "organizations/jiading");
  v1::Agreement same = agreement;
  EXPECT_THAT(node->Countersign(TestNode::Officer("jiading"), &same), HasReason("SAME_ACTOR"));
  same = agreement;
  EXPECT_THAT(node->Countersign(TestNode::Officer("jiading", "deputy"), &same), HasReason("SAME_PARTY"));
  ASSERT_THAT(node->Countersign(TestNode::Officer("kunshan"), &agreement), IsOk());
  EXPECT_EQ(agreement.state(), v1::Agreement::STATE_ACTIVE);
  ASSERT_EQ(agreement.signatures_size(), 2);
  EXPECT_EQ(agreement.signatures(1).content_hash(), agreement.content_hash());

  ASSERT_THAT(node->Revoke(TestNode::Officer("kunshan"), agreement.name()), IsOk());
  EXPECT_EQ(StateOf("life"), "6");
  EXPECT_THAT(node->Revoke(TestNode::Officer("kunshan"), agreement.name()), HasReason("STATE_NOT_ALLOWED"));
  EXPECT_EQ(node->Ask("SELECT COUNT(*) FROM agreement_history WHERE agreement_id = 'life'"), "4");
}

TEST_F(AgreementTest, ChangesOnlyAsADraft) {
  v1::Agreement agreement = node->MakeAgreement("change", v1::Agreement::STATE_DRAFT);
  v1::UpdateAgreementRequest request;
  request.mutable_agreement()->set_name(agreement.name());
  request.mutable_agreement()->set_retention_days(7);
  request.mutable_update_mask()->add_paths("retention_days");
  v1::Agreement updated;
  EXPECT_THAT(node->Call(TestNode::Officer("kunshan"), "UpdateAgreement", request, &updated), IsOk());
  EXPECT_EQ(updated.retention_days(), 7);
  ASSERT_THAT(node->Propose(agreement.name(), &agreement), IsOk());
  request.mutable_agreement()->set_retention_days(8);
  EXPECT_THAT(node->Call(TestNode::Officer("kunshan"), "UpdateAgreement", request, &updated),
              HasReason("AGREEMENT_NOT_DRAFT"));
}

TEST_F(AgreementTest, RefusesContentThatCannotBeEnforced) {
  v1::Agreement draft = node->Draft();
  draft.mutable_datasets(0)->set_dataset("planning.Nothing");
  EXPECT_THAT(Proposed(draft, "bad1"), HasReason("DATASET_UNKNOWN"));
  draft = node->Draft();
  draft.mutable_datasets(0)->add_fields("nothing");
  EXPECT_THAT(Proposed(draft, "bad2"), HasReason("FIELD_UNKNOWN"));
  draft = node->Draft();
  draft.set_purposes(0, "CURIOSITY");
  EXPECT_THAT(Proposed(draft, "bad3"), HasReason("PURPOSE_UNKNOWN"));
  draft = node->Draft();
  draft.mutable_datasets(0)->set_row_filter("kind = ");
  EXPECT_THAT(Proposed(draft, "bad4"), HasReason("FILTER_SYNTAX"));
  draft.mutable_datasets(0)->set_row_filter("nothing = 1");
  EXPECT_THAT(Proposed(draft, "bad5"), HasReason("FILTER_FIELD_UNKNOWN"));
  draft = node->Draft();
  draft.mutable_datasets(0)->set_dataset("teachers.Teacher");
  draft.mutable_datasets(0)->clear_fields();
  draft.mutable_datasets(0)->add_fields("full_name");
  draft.mutable_datasets(0)->set_row_filter("identity_number = \"x\"");
  draft.set_case_number_required(true);
  EXPECT_THAT(Proposed(draft, "bad6"), HasReason("FILTER_FIELD_NEEDS_SEARCH"));
  draft = node->Draft();
  draft.set_provider_districts(0, "320583");
  EXPECT_THAT(Proposed(draft, "bad7"), HasReason("DISTRICT_NOT_PROVIDERS"));
  draft = node->Draft();
  draft.mutable_end_time()->set_seconds(draft.start_time().seconds() + 1);
  EXPECT_THAT(Proposed(draft, "bad8"), HasReason("AGREEMENT_ENDED"));
  v1::Agreement made;
  draft.mutable_end_time()->set_seconds(draft.start_time().seconds());
  EXPECT_THAT(Create(draft, "bad9", &made), HasReason("TERM_REVERSED"));
  EXPECT_EQ(node->Ask("SELECT COUNT(*) FROM agreement WHERE agreement_id LIKE 'bad%' AND state <> 1"), "0");
}

TEST_F(AgreementTest, SupersedesInTheSameTransaction) {
  const v1::Agreement old = node->MakeAgreement("old", v1::Agreement::STATE_ACTIVE);
  node->MakeAgreement("new", v1::Agreement::STATE_SIGNED_BY_ONE, old.name());
  EXPECT_EQ(StateOf("old"), "4");
  v1::Agreement next;
  v1::GetAgreementRequest get;
  get.set_name("agreements/new");
  ASSERT_THAT(node->Call(TestNode::Officer("kunshan"), "GetAgreement", get, &next), IsOk());
  ASSERT_THAT(node->Countersign(TestNode::Officer("kunshan"), &next), IsOk());
  EXPECT_EQ(StateOf("new"), "4");
  EXPECT_EQ(StateOf("old"), "8");
  EXPECT_EQ(
      node->Ask("SELECT to_state FROM transition_log WHERE resource = 'agreements/old' ORDER BY row_id DESC LIMIT 1"),
      "8");
  EXPECT_EQ(node->Ask("SELECT state FROM agreement_history WHERE agreement_id = 'old' ORDER BY version DESC LIMIT 1"),
            "4");
}

TEST_F(AgreementTest, OnlyOneSuccessorTakesThePlaceOfAnAgreement) {
  const v1::Agreement old = node->MakeAgreement("place", v1::Agreement::STATE_ACTIVE);
  v1::Agreement first = node->MakeAgreement("heir1", v1::Agreement::STATE_SIGNED_BY_ONE, old.name());
  v1::Agreement second = node->MakeAgreement("heir2", v1::Agreement::STATE_SIGNED_BY_ONE, old.name());
  ASSERT_THAT(node->Countersign(TestNode::Officer("kunshan"), &first), IsOk());
  EXPECT_THAT(node->Countersign(TestNode::Officer("kunshan"), &second), HasReason("SUPERSEDED_NOT_RUNNING"));
  EXPECT_EQ(StateOf("place") + StateOf("heir1") + StateOf("heir2"), "843");
}

TEST_F(AgreementTest, IsResumedByThePartyThatSuspendedIt) {
  const v1::Agreement agreement = node->MakeAgreement("pause", v1::Agreement::STATE_ACTIVE);
  v1::SuspendAgreementRequest suspend;
  suspend.set_name(agreement.name());
  v1::Agreement result;
  ASSERT_THAT(node->Call(TestNode::Officer("kunshan"), "SuspendAgreement", suspend, &result), IsOk());
  v1::ResumeAgreementRequest resume;
  resume.set_name(agreement.name());
  EXPECT_THAT(node->Call(TestNode::Officer("jiading"), "ResumeAgreement", resume, &result),
              HasReason("NOT_SUSPENDING_PARTY"));
  EXPECT_THAT(node->Call(TestNode::Officer("kunshan", "deputy"), "ResumeAgreement", resume, &result), IsOk());
  EXPECT_EQ(result.state(), v1::Agreement::STATE_ACTIVE);
}

TEST_F(AgreementTest, ADraftIsWithdrawnAndNeverBecomesPolicy) {
  const v1::Agreement draft = node->MakeAgreement("withdrawn", v1::Agreement::STATE_DRAFT);
  EXPECT_THAT(node->Revoke(TestNode::Officer("taicang"), draft.name()), HasReason("ROLE_MISSING"));
  ASSERT_THAT(node->Revoke(TestNode::Officer("jiading"), draft.name()), IsOk());
  EXPECT_EQ(StateOf("withdrawn"), "6");
  v1::Agreement proposed;
  EXPECT_THAT(node->Propose(draft.name(), &proposed), HasReason("STATE_NOT_ALLOWED"));
  PolicyState state(node->runtime());
  v1::PolicyUpdate update;
  ASSERT_THAT(node->runtime().pool().Read(testing::Soon(),
                                          [&](db::Session& session) -> absl::Status {
                                            ASSIGN_OR_RETURN(update, state.Refresh(session));
                                            return absl::OkStatus();
                                          }),
              IsOk());
  for (const auto& agreement : update.agreements()) EXPECT_NE(agreement.name(), draft.name());
}

TEST_F(AgreementTest, ExpiresByItself) {
  v1::Agreement agreement = node->MakeAgreement("expire", v1::Agreement::STATE_ACTIVE);
  v1::ExpireAgreementRequest request;
  request.set_name(agreement.name());
  EXPECT_THAT(node->Call(TestNode::Gateway(), "ExpireAgreement", request, &agreement),
              HasReason("AGREEMENT_NOT_ENDED"));
  EXPECT_THAT(node->Call(TestNode::Officer("jiading"), "ExpireAgreement", request, &agreement),
              HasReason("ROLE_MISSING"));
  ASSERT_THAT(node->Execute("UPDATE agreement SET end_time = NOW(6) WHERE agreement_id = 'expire'"), IsOk());
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (StateOf("expire") != "7" && absl::Now() < limit) absl::SleepFor(absl::Milliseconds(20));
  EXPECT_EQ(StateOf("expire"), "7");
  EXPECT_EQ(
      node->Ask("SELECT actor FROM transition_log WHERE resource = 'agreements/expire' ORDER BY row_id DESC LIMIT 1"),
      "services/exchange");
}

TEST_F(AgreementTest, IsSeenByItsPartiesOnly) {
  const v1::Agreement agreement = node->MakeAgreement("seen", v1::Agreement::STATE_PROPOSED);
  v1::GetAgreementRequest request;
  request.set_name(agreement.name());
  v1::Agreement found;
  EXPECT_THAT(node->Call(TestNode::Officer("kunshan"), "GetAgreement", request, &found), IsOk());
  EXPECT_THAT(node->Call(TestNode::Officer("taicang"), "GetAgreement", request, &found), HasReason("ROLE_MISSING"));
}

TEST_F(AgreementTest, DistrictsHaveOneOwnerAndStayWithTheirAgreements) {
  v1::CreateOrganizationRequest request;
  request.set_organization_id("thief");
  request.mutable_organization()->set_display_name("另一个");
  request.mutable_organization()->set_kind(v1::Organization::KIND_BUREAU);
  request.mutable_organization()->add_districts("310114");
  v1::Organization made;
  EXPECT_THAT(node->Call(TestNode::Administrator(), "CreateOrganization", request, &made), HasReason("DISTRICT_OWNED"));
  request.mutable_organization()->set_districts(0, "010114");
  EXPECT_THAT(node->Call(TestNode::Administrator(), "CreateOrganization", request, &made),
              HasReason("DISTRICT_CODE_PROVINCE"));
  node->MakeAgreement("keeps", v1::Agreement::STATE_PROPOSED);
  v1::UpdateOrganizationRequest update;
  update.mutable_organization()->set_name("organizations/jiading");
  update.mutable_update_mask()->add_paths("districts");
  EXPECT_THAT(node->Call(TestNode::Administrator(), "UpdateOrganization", update, &made),
              HasReason("DISTRICT_IN_AGREEMENT"));
}

TEST_F(AgreementTest, AnOrganisationsAdministratorCannotRaiseItself) {
  call::v1::Caller own = TestNode::Administrator();
  own.mutable_bindings(0)->set_prefix("organizations/jiading");
  v1::CreateUserRequest request;
  request.set_parent("organizations/jiading");
  request.set_user_id("climber");
  request.mutable_user()->set_display_name("x");
  auto* binding = request.mutable_user()->add_bindings();
  binding->set_role(options::v1::ROLE_ADMINISTRATOR);
  binding->set_prefix("*");
  v1::User user;
  EXPECT_THAT(node->Call(own, "CreateUser", request, &user), HasReason("GRANT_TOO_WIDE"));
  binding->set_role(options::v1::ROLE_BUREAU_CLERK);
  binding->set_prefix("districts/310114");
  EXPECT_THAT(node->Call(own, "CreateUser", request, &user), IsOk());
  EXPECT_EQ(user.state(), v1::ACCOUNT_STATE_ACTIVE);
  v1::UpdateUserRequest update;
  *update.mutable_user() = user;
  update.mutable_user()->mutable_bindings(0)->set_role(options::v1::ROLE_SERVICE);
  update.mutable_update_mask()->add_paths("bindings");
  EXPECT_THAT(node->Call(TestNode::Administrator(), "UpdateUser", update, &user), HasReason("ROLE_NOT_GRANTABLE"));
}

}  // namespace
}  // namespace edudelta::exchange::api

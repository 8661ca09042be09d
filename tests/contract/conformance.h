#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/resource/check.h"
#include "common/testing/matchers.h"
#include "gtest/gtest.h"
#include "tests/contract/subject.h"

namespace edudelta::contract {

using describe::MethodKind;
using testing::HasReason;
using testing::IsOk;
using testing::StatusIs;

// One resource; each test is one property. Properties that not every resource can have stand in a suite of their own,
// for those that declare what it takes: conformance.golden names them all, so that nothing passes because it is absent.
class Conformance : public ::testing::TestWithParam<const Descriptor*> {
 protected:
  static World& TheWorld() {
    static World world;
    return world;
  }

  Subject& subject_ = TheWorld().Of(GetParam());
  const resource::Table& table_ = subject_.table();

  bool Has(MethodKind kind) const { return subject_.Method(kind) != nullptr; }
  // A valid row that is not there.
  MessagePtr Fresh() { return subject_.Fresh(subject_.Parent()); }
  MessagePtr Make() { return subject_.Make(subject_.Parent()); }
  absl::StatusOr<MessagePtr> Create(const Message& row, const std::string& request_id = "",
                                    const call::v1::Caller& caller = Almighty()) {
    return subject_.Run(subject_.Method(MethodKind::kCreate), *subject_.CreateRequest(row, request_id), caller);
  }
  absl::StatusOr<MessagePtr> Update(const Message& row, const std::vector<std::string>& mask,
                                    const std::string& request_id = "", const call::v1::Caller& caller = Almighty()) {
    return subject_.Run(subject_.Method(MethodKind::kUpdate), *subject_.UpdateRequest(row, mask, request_id), caller);
  }
  absl::Status Delete(const std::string& name, const std::string& etag = "") {
    const MethodDescriptor* method = subject_.Method(MethodKind::kDelete);
    return subject_.Run(method, *subject_.NameRequest(method, name, etag)).status();
  }

  // The row as a caller without a purpose sees it, and as every write answers it: personal fields are masked.
  MessagePtr Masked(const std::string& name) {
    auto blind = Almighty();
    blind.clear_purpose();
    auto got = subject_.Get(name, blind);
    EXPECT_THAT(got, IsOk());
    return got.ok() ? *std::move(got) : Fresh();
  }

  static bool Is(const resource::Column& column, options::v1::Field::Behavior behavior) {
    return describe::Has(*column.options, behavior);
  }
  static std::string Bytes(const Message& message) { return message.SerializeAsString(); }
  static std::vector<std::string> Names(const std::vector<MessagePtr>& rows) {
    std::vector<std::string> names;
    for (const MessagePtr& row : rows) names.push_back(NameOf(*row));
    return names;
  }
};

class ConformanceOfCreate : public Conformance {};
class ConformanceOfUpdate : public Conformance {};
class ConformanceOfDelete : public Conformance {};
class ConformanceOfBatchCreate : public Conformance {};
class ConformanceOfImport : public Conformance {};
class ConformanceOfSearch : public Conformance {};
// With rows of others below them.
class ConformanceOfParents : public Conformance {};
// With fields of level L3 or L4.
class ConformanceOfPersonal : public Conformance {};
// With a workflow.
class ConformanceOfSteps : public Conformance {};

}  // namespace edudelta::contract

#include "common/crypto/canonical.h"

#include <gtest/gtest.h>

#include "common/crypto/digest.h"
#include "edudelta/options/v1/options.pb.h"
#include "google/rpc/error_details.pb.h"

namespace edudelta::crypto {
namespace {

TEST(CanonicalBytes, MapOrderDoesNotMatter) {
  google::rpc::ErrorInfo forward, backward;
  for (int i = 0; i < 100; ++i) (*forward.mutable_metadata())[std::to_string(i)] = "v";
  for (int i = 99; i >= 0; --i) (*backward.mutable_metadata())[std::to_string(i)] = "v";
  EXPECT_EQ(CanonicalBytes(forward), CanonicalBytes(backward));
  EXPECT_EQ(CanonicalSm3(forward), CanonicalSm3(backward));
}

TEST(CanonicalBytes, DropsUnknownFieldsAtEveryDepth) {
  options::v1::Field known;
  known.set_label("名称");
  known.mutable_decimal()->set_precision(10);
  options::v1::Field with_unknown = known;
  with_unknown.GetReflection()->MutableUnknownFields(&with_unknown)->AddVarint(9000, 1);
  auto* inner = with_unknown.mutable_decimal();
  inner->GetReflection()->MutableUnknownFields(inner)->AddLengthDelimited(9001, "x");
  ASSERT_NE(with_unknown.SerializeAsString(), known.SerializeAsString());
  EXPECT_EQ(CanonicalBytes(with_unknown), CanonicalBytes(known));
}

TEST(CanonicalBytes, DifferentMessagesDiffer) {
  options::v1::Field one, other;
  one.set_label("名称");
  other.set_unit("名称");
  EXPECT_NE(CanonicalSm3(one), CanonicalSm3(other));
  EXPECT_EQ(CanonicalSm3(one), Sm3(one.SerializeAsString()));
}

}  // namespace
}  // namespace edudelta::crypto

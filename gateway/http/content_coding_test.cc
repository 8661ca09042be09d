#include "gateway/http/content_coding.h"

#include <zlib.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/http/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::http {
namespace {

using ::testing::StartsWith;
using testing::Unzip;

TEST(AcceptEncoding, IsReadWithItsWeights) {
  for (const char* plain : {"", "br", "deflate, br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "identity", "gzip;q=0, *",
                            "identity, gzip;q=0.5", "gzip;q=x", "gzip;q=-1", "gzip;q=2", "gzipped", "identity;q=0"}) {
    EXPECT_EQ(ReadAcceptEncoding(plain), Accepted::kPlain) << plain;
  }
  for (const char* gzip : {"gzip", "GZIP", "x-gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.8, *;q=0.1", "*",
                           "gzip;q=0.5, identity;q=0.5", " gzip ; q=0.3 ,br", "gzip;Q=0.3"}) {
    EXPECT_EQ(ReadAcceptEncoding(gzip), Accepted::kGzip) << gzip;
  }
  for (const char* only : {"gzip, identity;q=0", "identity;q=0, *", "gzip, *;q=0"}) {
    EXPECT_EQ(ReadAcceptEncoding(only), Accepted::kOnlyGzip) << only;
  }
}

TEST(Gzip, LetsEachPieceBeReadWhenItHasCome) {
  auto gzip = Gzip::Make();
  std::string sent, read;
  std::vector<std::string> pieces = {"a", "", std::string(1 << 20, 'x')};
  // What cannot be made smaller needs more room than it has.
  std::string noise;
  for (unsigned i = 0, state = 1; i < 200000; ++i)
    noise.push_back(static_cast<char>((state = state * 1664525 + 1013904223) >> 24));
  pieces.push_back(noise);
  for (const std::string& piece : pieces) {
    sent += gzip->Piece(piece).value();
    read += piece;
    EXPECT_TRUE(Unzip(sent).text == read) << piece.size();
    EXPECT_FALSE(Unzip(sent).complete);
  }
  sent += gzip->Last("end").value();
  EXPECT_TRUE(Unzip(sent).text == read + "end");
  EXPECT_TRUE(Unzip(sent).complete);
}

TEST(Gzip, MakesOnePieceOfAWhole) {
  const std::string text(100000, 'y');
  const std::string zipped = Gzip::Whole(text).value();
  EXPECT_LT(zipped.size(), 1000u);
  EXPECT_TRUE(Unzip(zipped).text == text && Unzip(zipped).complete);
  EXPECT_TRUE(Unzip(Gzip::Whole("").value()).complete);
}

}  // namespace
}  // namespace edudelta::gateway::http

#include "common/rpc/trace.h"

#include "gtest/gtest.h"

namespace edudelta::rpc {
namespace {

TEST(ContinueTrace, KeepsTheTraceUnderANewSpan) {
  const Trace trace = ContinueTrace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
  EXPECT_EQ(trace.trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(trace.traceparent.substr(0, 36), "00-0af7651916cd43dd8448eb211c80319c-");
  EXPECT_NE(trace.traceparent.substr(36, 16), "b7ad6b7169203331");
  EXPECT_EQ(trace.traceparent.substr(52), "-00");
}

TEST(ContinueTrace, BeginsANewOneForAnythingElse) {
  for (const char* bad : {"", "00-short", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                          "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                          "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    const Trace trace = ContinueTrace(bad);
    EXPECT_EQ(trace.trace_id.size(), 32u) << bad;
    EXPECT_NE(trace.trace_id, "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(trace.traceparent.size(), 55u);
    EXPECT_EQ(ContinueTrace(trace.traceparent).trace_id, trace.trace_id);
  }
}

}  // namespace
}  // namespace edudelta::rpc

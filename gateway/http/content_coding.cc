#include "gateway/http/content_coding.h"

#include <zlib.h>

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace edudelta::gateway::http {
namespace {

// 15 bits of window, and the header of gzip instead of zlib's.
constexpr int kWindow = 15 + 16;
constexpr int kMemory = 8;

class ZlibGzip final : public Gzip {
 public:
  ZlibGzip() = default;
  ~ZlibGzip() override { deflateEnd(&stream_); }
  ZlibGzip(const ZlibGzip&) = delete;
  ZlibGzip& operator=(const ZlibGzip&) = delete;

  bool Init() { return deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, kWindow, kMemory, Z_DEFAULT_STRATEGY) == Z_OK; }

  std::optional<std::string> Piece(absl::string_view bytes) override { return Deflate(bytes, Z_SYNC_FLUSH); }
  std::optional<std::string> Last(absl::string_view bytes) override { return Deflate(bytes, Z_FINISH); }

 private:
  std::optional<std::string> Deflate(absl::string_view bytes, int flush) {
    // zlib reads them only.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    // Mostly enough at once.
    std::string out(bytes.size() / 4 + 64, '\0');
    std::size_t used = 0;
    for (;;) {
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + used);
      stream_.avail_out = static_cast<uInt>(out.size() - used);
      if (deflate(&stream_, flush) == Z_STREAM_ERROR) return std::nullopt;
      used = out.size() - stream_.avail_out;
      // Room that is left over means that nothing is held back.
      if (stream_.avail_out > 0) break;
      out.resize(out.size() * 2);
    }
    out.resize(used);
    return out;
  }

  z_stream stream_{};
};

}  // namespace

double WeightOf(absl::string_view parameters) {
  double weight = 1;
  for (absl::string_view parameter : absl::StrSplit(parameters, ';', absl::SkipWhitespace())) {
    parameter = absl::StripAsciiWhitespace(parameter);
    if (!absl::ConsumePrefix(&parameter, "q=") && !absl::ConsumePrefix(&parameter, "Q=")) continue;
    const bool digits = !parameter.empty() && absl::ascii_isdigit(parameter.front());
    if (!digits || !absl::SimpleAtod(parameter, &weight) || weight > 1) return 0;
  }
  return weight;
}

Accepted ReadAcceptEncoding(absl::string_view header) {
  std::optional<double> gzip, plain, any;
  for (const absl::string_view element : absl::StrSplit(header, ',', absl::SkipWhitespace())) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(element, absl::MaxSplits(';', 1));
    const absl::string_view coding = absl::StripAsciiWhitespace(parts.first);
    const double weight = WeightOf(parts.second);
    if (absl::EqualsIgnoreCase(coding, "gzip") || absl::EqualsIgnoreCase(coding, "x-gzip")) gzip = weight;
    if (absl::EqualsIgnoreCase(coding, "identity")) plain = weight;
    if (coding == "*") any = weight;
  }
  const double of_gzip = gzip.value_or(any.value_or(0));
  if (of_gzip == 0) return Accepted::kPlain;
  // Unnamed, the plain form is taken, but after all that are named.
  if (plain.value_or(any == 0 ? 0 : of_gzip) == 0) return Accepted::kOnlyGzip;
  return plain.value_or(0) > of_gzip ? Accepted::kPlain : Accepted::kGzip;
}

std::unique_ptr<Gzip> Gzip::Make() {
  auto gzip = std::make_unique<ZlibGzip>();
  return gzip->Init() ? std::move(gzip) : nullptr;
}

std::optional<std::string> Gzip::Whole(absl::string_view bytes) {
  const auto gzip = Make();
  return gzip == nullptr ? std::nullopt : gzip->Last(bytes);
}

}  // namespace edudelta::gateway::http

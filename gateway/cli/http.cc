#include "gateway/cli/http.h"

#include <curl/curl.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/cli/failure.h"

namespace edudelta::gateway::cli {
namespace {

constexpr long kConnectSeconds = 10;
constexpr long kSilenceSeconds = 600;
constexpr size_t kMaxBody = size_t{256} << 20;

struct EasyFree {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListFree>;

bool IsLoopback(absl::string_view server) {
  absl::ConsumePrefix(&server, "http://");
  absl::ConsumePrefix(&server, "https://");
  const absl::string_view host = server.substr(0, server.find_first_of(":/"));
  return host == "localhost" || absl::StartsWith(host, "127.") || absl::StartsWith(server, "[::1]");
}

struct Transfer {
  CURL* easy;
  const HttpRequest* request;
  HttpResponse response;
};

bool Arrives(Transfer* transfer) {
  long status = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  return status >= 200 && status < 300;
}

size_t OnBody(char* bytes, size_t, size_t size, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  if (transfer->request->sink && Arrives(transfer)) return transfer->request->sink({bytes, size}) ? size : 0;
  if (transfer->response.body.size() + size > kMaxBody) return 0;
  transfer->response.body.append(bytes, size);
  return size;
}

size_t OnHeader(char* bytes, size_t, size_t size, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const absl::string_view line(bytes, size);
  if (absl::StartsWith(line, "HTTP/")) transfer->response.headers.clear();
  if (const size_t colon = line.find(':'); colon != absl::string_view::npos) {
    transfer->response.headers[absl::AsciiStrToLower(line.substr(0, colon))] =
        std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return size;
}

size_t OnUpload(char* buffer, size_t, size_t size, void* self) {
  return static_cast<Transfer*>(self)->request->upload(buffer, size);
}

class CurlHttp final : public Http {
 public:
  CurlHttp(std::string server, std::string ca, absl::Duration timeout)
      : server_(std::move(server)), ca_(std::move(ca)), timeout_(timeout), easy_(curl_easy_init()) {}

  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) override {
    CURL* easy = easy_.get();
    curl_easy_reset(easy);
    Transfer transfer{easy, &request, {}};
    // An expectation would cost a round trip, and a second where the server does not answer it.
    HeaderList headers(curl_slist_append(nullptr, "Expect:"));
    for (const std::string& header : request.headers) {
      if (curl_slist* grown = curl_slist_append(headers.get(), header.c_str())) {
        headers.release();
        headers.reset(grown);
      }
    }
    SetUp(request, &transfer, headers.get());
    const CURLcode code = curl_easy_perform(easy);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    transfer.response.status = static_cast<int>(status);
    if (code == CURLE_OK) return std::move(transfer.response);
    // A server that refuses an upload need not read the rest of it.
    if ((code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR) && status >= 400) return std::move(transfer.response);
    return Explain(code);
  }

 private:
  void SetUp(const HttpRequest& request, Transfer* transfer, curl_slist* headers) {
    CURL* easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_URL, absl::StrCat(server_, request.path).c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "edudelta-cli");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    if (request.patient) {
      curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
      curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kSilenceSeconds);
    } else {
      curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(timeout_)));
    }
    if (!ca_.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_.c_str());
    if (IsLoopback(server_)) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, OnHeader);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    if (request.upload) {
      curl_easy_setopt(easy, CURLOPT_POST, 1L);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.upload_size));
      curl_easy_setopt(easy, CURLOPT_READFUNCTION, OnUpload);
      curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
      curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10);
    } else if (!request.body.empty() || request.method == "POST" || request.method == "PATCH") {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  absl::Status Explain(CURLcode code) const {
    switch (code) {
      case CURLE_COULDNT_RESOLVE_HOST:
      case CURLE_COULDNT_CONNECT:
        return Fail(Exit::kUnreachable, absl::StrCat("连接不上服务器 ", server_));
      case CURLE_OPERATION_TIMEDOUT:
        return Fail(Exit::kUnreachable, absl::StrCat("服务器 ", server_, " 没有在时限内应答"));
      case CURLE_PEER_FAILED_VERIFICATION:
        return Fail(Exit::kUnreachable, absl::StrCat("服务器 ", server_, " 的证书不可信，用 --ca 指定签发它的证书"));
      case CURLE_SSL_CACERT_BADFILE:
        return Fail(Exit::kUsage, absl::StrCat("读不出证书文件 ", ca_));
      case CURLE_URL_MALFORMAT:
      case CURLE_UNSUPPORTED_PROTOCOL:
        return Fail(Exit::kUsage, absl::StrCat("服务器地址有误：", server_));
      case CURLE_WRITE_ERROR:
        return Fail(Exit::kServer, "写不进输出，或应答过大");
      default:
        return Fail(Exit::kUnreachable, absl::StrCat("与服务器 ", server_, " 的连接中断：", curl_easy_strerror(code)));
    }
  }

  std::string server_;
  std::string ca_;
  absl::Duration timeout_;
  std::unique_ptr<CURL, EasyFree> easy_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Http>> Http::Make(absl::string_view server, absl::string_view ca,
                                                 absl::Duration timeout) {
  const bool plain = absl::StartsWith(server, "http://");
  if (!plain && !absl::StartsWith(server, "https://")) {
    return Fail(Exit::kUsage, absl::StrCat("服务器地址应以 https:// 开头：", server));
  }
  if (plain && !IsLoopback(server)) {
    return Fail(Exit::kUsage, "不经加密的 http:// 只用于本机，口令和数据不能这样发送");
  }
  return std::make_unique<CurlHttp>(std::string(server), std::string(ca), timeout);
}

}  // namespace edudelta::gateway::cli

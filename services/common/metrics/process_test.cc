#include "common/metrics/process.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <memory>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/gauge.h"

namespace edudelta::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

double ValueOf(const Registry& registry, absl::string_view name) {
  const std::string page = Render(registry);
  const size_t at = page.find(absl::StrCat("\n", name, " "));
  return at == std::string::npos ? -1 : std::strtod(page.c_str() + at + name.size() + 2, nullptr);
}

TEST(Process, TellsWhatItIsAndWhatItUses) {
  Registry registry;
  ExportProcess(registry, "1.2.3", "abc");
  EXPECT_THAT(Render(registry), HasSubstr("edudelta_build_info{revision=\"abc\",version=\"1.2.3\"} 1\n"));
  const double now = static_cast<double>(std::time(nullptr));
  EXPECT_LE(ValueOf(registry, "process_start_time_seconds"), now + 2);
  EXPECT_GE(ValueOf(registry, "process_start_time_seconds"), now - 3600);
  EXPECT_GT(ValueOf(registry, "process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(ValueOf(registry, "process_max_fds"), ValueOf(registry, "process_open_fds"));
}

TEST(Process, CountsEachFileAndEachSecond) {
  Registry registry;
  ExportProcess(registry, "1.2.3", "abc");
  const double files = ValueOf(registry, "process_open_fds");
  const int fd = open("/dev/null", O_RDONLY);
  EXPECT_EQ(ValueOf(registry, "process_open_fds"), files + 1);
  close(fd);
  EXPECT_EQ(ValueOf(registry, "process_open_fds"), files);
  const double used = ValueOf(registry, "process_cpu_seconds_total");
  const std::clock_t until = std::clock() + CLOCKS_PER_SEC / 10;
  while (std::clock() < until) {
  }
  EXPECT_GE(ValueOf(registry, "process_cpu_seconds_total"), used + 0.08);
}

// A file with certificates that end so many seconds from the epoch.
void WriteCertificates(const std::string& path, const std::vector<time_t>& ends) {
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "w"), &std::fclose);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  for (const time_t end : ends) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
    ASN1_TIME_set(X509_getm_notBefore(certificate.get()), 0);
    ASN1_TIME_set(X509_getm_notAfter(certificate.get()), end);
    X509_set_pubkey(certificate.get(), key.get());
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    PEM_write_X509(file.get(), certificate.get());
  }
}

TEST(Certificates, TellWhenTheFirstOfAFileEnds) {
  const std::string path = testing::TempDir() + "/listen.pem";
  WriteCertificates(path, {2000000000, 1900000000});
  Registry registry;
  ExportCertificates(registry, {{"listen", path}, {"ca", ""}});
  const auto told = [&](absl::string_view seconds) {
    return HasSubstr(absl::StrCat("edudelta_tls_not_after_seconds{file=\"listen\"} ", seconds, "\n"));
  };
  std::string page = Render(registry);
  EXPECT_THAT(page, told("1900000000"));
  EXPECT_THAT(page, Not(HasSubstr(path)));
  EXPECT_THAT(page, Not(HasSubstr("\"ca\"")));
  // Renewed, and half written.
  WriteCertificates(path, {2100000000});
  EXPECT_THAT(Render(registry), told("2100000000"));
  WriteCertificates(path, {});
  EXPECT_THAT(Render(registry), told("2100000000"));
}

}  // namespace
}  // namespace edudelta::metrics

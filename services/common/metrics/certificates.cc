#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <optional>

#include "common/metrics/process.h"
#include "prometheus/gauge.h"

namespace edudelta::metrics {
namespace {

std::optional<double> FirstEnd(const std::string& path) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(path.c_str(), "r"), &BIO_free);
  std::optional<double> first;
  while (file != nullptr) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), &X509_free);
    std::tm time{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &time) != 1) break;
    const auto end = static_cast<double>(timegm(&time));
    if (!first || end < *first) first = end;
  }
  // That there was no further one.
  ERR_clear_error();
  return first;
}

}  // namespace

void ExportCertificates(Registry& registry, std::vector<std::pair<std::string, std::string>> files) {
  registry.BeforeScrape([&registry, files = std::move(files)] {
    for (const auto& [role, path] : files) {
      if (path.empty()) continue;
      const auto end = FirstEnd(path);
      if (!end) continue;
      registry
          .Gauge("edudelta_tls_not_after_seconds", "When the first certificate of a file ends, since the epoch.",
                 {{"file", role}})
          .Set(*end);
    }
  });
}

}  // namespace edudelta::metrics

#include "tests/contract/fit.h"

// EDUDELTA_FITTED_SERVICES comes from the build: FITTED(exchange) FITTED(facilities) ...
#define FITTED(service)                    \
  namespace edudelta::service::api {       \
  void AddSampleFits(testing::Fits& fits); \
  }
EDUDELTA_FITTED_SERVICES
#undef FITTED

namespace edudelta::contract {

const testing::Fits& SampleFits() {
  static const testing::Fits fits = [] {
    testing::Fits all;
#define FITTED(service) edudelta::service::api::AddSampleFits(all);
    EDUDELTA_FITTED_SERVICES
#undef FITTED
    return all;
  }();
  return fits;
}

}  // namespace edudelta::contract

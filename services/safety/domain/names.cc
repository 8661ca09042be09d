#include "safety/domain/names.h"

namespace edudelta::safety::domain {

absl::string_view SchoolOf(absl::string_view name) {
  constexpr absl::string_view kSchools = "/schools/";
  const size_t schools = name.find(kSchools);
  if (schools == absl::string_view::npos) return absl::string_view();
  const size_t end = name.find('/', schools + kSchools.size());
  return end == absl::string_view::npos ? absl::string_view() : name.substr(0, end);
}

}  // namespace edudelta::safety::domain

// The house's rules about files, checked on the text of the tree. Each finding names its place and the broken rule's
// reason.
#include <map>
#include <optional>
#include <regex>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/layout/layers.h"
#include "tests/layout/tree.h"

namespace edudelta::layout {
namespace {

using ::testing::IsEmpty;
using ::testing::IsSubsetOf;

const std::vector<File>& Tree() {
  static const auto& files = *new std::vector<File>(ReadTree(EDUDELTA_SOURCE_DIR));
  return files;
}

bool IsSource(const File& file) {
  return file.IsCpp() && (absl::StartsWith(file.path, "services/") || absl::StartsWith(file.path, "gateway/"));
}

bool Below(absl::string_view path, absl::string_view folder) {
  return path == folder || (absl::StartsWith(path, folder) && path[folder.size()] == '/');
}

// "planning" for files of services/planning; empty elsewhere.
std::string ServiceOf(const File& file) {
  const std::vector<std::string> parts = absl::StrSplit(file.path, '/');
  return parts[0] == "services" && parts.size() > 2 && parts[1] != "common" ? parts[1] : "";
}

std::string For(const std::string& service, const std::string& text) {
  return absl::StrReplaceAll(text, {{"{service}", service.empty() ? "?" : service}});
}

// The layer with the longest folder above the file.
std::optional<Layer> LayerOf(const std::vector<Layer>& layers, const File& file) {
  std::optional<Layer> found;
  for (Layer layer : layers) {
    layer.folder = For(ServiceOf(file), layer.folder);
    if (Below(file.folder, layer.folder) && (!found || layer.folder.size() > found->folder.size())) found = layer;
  }
  return found;
}

// Of this build.
const std::set<std::string>& Services() {
  static const auto& services = *new std::set<std::string>(absl::StrSplit(EDUDELTA_SERVICES, ','));
  return services;
}

bool IsOurs(absl::string_view include) {
  static const auto& others = *new std::set<std::string>{"common", "edudelta", "gateway", "services"};
  const std::string first(include.substr(0, include.find('/')));
  return first.size() < include.size() && (others.count(first) > 0 || Services().count(first) > 0);
}

bool StartsWithAny(absl::string_view text, const std::vector<std::string>& prefixes, const std::string& service) {
  for (const std::string& prefix : prefixes) {
    if (absl::StartsWith(text, For(service, prefix))) return true;
  }
  return false;
}

bool IsExcepted(const File& file, const Include& include) {
  for (const Exception& exception : Exceptions()) {
    if (file.path == exception.file && absl::StartsWith(include.path, exception.include)) return true;
  }
  return false;
}

std::string Where(const File& file, size_t line) { return absl::StrCat(file.path, ":", line); }

std::string Report(const std::vector<std::string>& findings) { return absl::StrJoin(findings, "\n"); }

// Finds `pattern` in the lines of the files that `where` picks.
template <typename Picks>
std::vector<std::string> Grep(Picks picks, const std::string& pattern, absl::string_view because) {
  const std::regex regex(pattern);
  std::vector<std::string> findings;
  for (const File& file : Tree()) {
    if (!picks(file)) continue;
    for (size_t i = 0; i < file.lines.size(); ++i) {
      if (std::regex_search(file.lines[i], regex)) {
        findings.push_back(absl::StrCat(Where(file, i + 1), ": ", file.lines[i], "  [", because, "]"));
      }
    }
  }
  return findings;
}

TEST(Includes, FollowTheLayers) {
  const std::vector<Layer> layers = Layers();
  std::vector<std::string> findings;
  for (const File& file : Tree()) {
    if (!IsSource(file) || file.IsTest()) continue;
    const std::optional<Layer> layer = LayerOf(layers, file);
    if (!layer) {
      findings.push_back(absl::StrCat(file.path, ": this folder has no layer in tests/layout/layers.cc"));
      continue;
    }
    const std::string own = absl::StrCat(absl::StripPrefix(file.folder, "services/"), "/");
    for (const Include& include : file.includes) {
      if (!IsOurs(include.path) || absl::StartsWith(include.path, own) || IsExcepted(file, include)) continue;
      if (StartsWithAny(include.path, layer->may, ServiceOf(file))) continue;
      findings.push_back(absl::StrCat(Where(file, include.line), ": ", layer->folder, " may not include ", include.path,
                                      ": ", layer->because));
    }
  }
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Includes, ServicesNeverIncludeOneAnother) {
  std::vector<std::string> findings;
  for (const File& file : Tree()) {
    if (!IsSource(file)) continue;
    for (const Include& include : file.includes) {
      const std::string first = include.path.substr(0, include.path.find('/'));
      if (Services().count(first) > 0 && first != ServiceOf(file)) {
        findings.push_back(absl::StrCat(Where(file, include.line), ": ", include.path,
                                        ": a service's code is its own; others know its messages and call it"));
      }
    }
  }
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Common, NamesNoServicesResources) {
  const std::string name = absl::StrCat("^[^/]*\"(edudelta\\.)?(", absl::StrJoin(Services(), "|"), ")\\.(v1|[A-Z])");
  const auto product = [](const File& file) {
    return IsSource(file) && Below(file.path, "services/common") && !file.IsTest();
  };
  const auto findings = Grep(product, name, "common serves every service by what it declares, so it names none");
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Includes, LimitedPackagesStayWhereTheyMay) {
  const std::vector<LimitedPackage> packages = LimitedPackages();
  std::vector<std::string> findings;
  for (const File& file : Tree()) {
    if (!IsSource(file)) continue;
    for (const Include& include : file.includes) {
      for (const LimitedPackage& package : packages) {
        if (!StartsWithAny(include.path, package.includes, "") || (package.open_to_tests && file.IsTest())) continue;
        if (IsExcepted(file, include)) continue;
        bool allowed = false;
        for (const std::string& place : package.allowed_in) allowed |= Below(file.path, For(ServiceOf(file), place));
        if (!allowed) {
          findings.push_back(absl::StrCat(Where(file, include.line), ": ", include.path, ": ", package.because));
        }
      }
    }
  }
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

// What proto/generate writes of a whole service: nobody compiles it again for a change of one resource.
TEST(Includes, AResourceByItsOwnHeader) {
  std::vector<std::string> findings;
  for (const File& file : Tree()) {
    if (!IsSource(file) || file.IsTest()) continue;
    for (const Include& include : file.includes) {
      for (const std::string& service : Services()) {
        if (include.path != absl::StrCat("edudelta/", service, "/v1/", service, ".pb.h")) continue;
        findings.push_back(absl::StrCat(Where(file, include.line), ": ", include.path,
                                        ": include the header of the resource; a standard method is called by its "
                                        "descriptor"));
      }
    }
  }
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Includes, EveryExceptionIsUsed) {
  std::vector<std::string> unused;
  for (const Exception& exception : Exceptions()) {
    bool used = false;
    for (const File& file : Tree()) {
      if (file.path != exception.file) continue;
      for (const Include& include : file.includes) used |= absl::StartsWith(include.path, exception.include);
    }
    if (!used) unused.push_back(exception.file + " " + exception.include);
  }
  EXPECT_THAT(unused, IsEmpty()) << Report(unused);
}

TEST(Links, OnlyCommonDbLinksTheDriver) {
  const auto findings = Grep(
      [](const File& file) {
        return file.name == "CMakeLists.txt" && file.path != "CMakeLists.txt" && file.folder != "services/common/db";
      },
      "MYSQLCPPCONN|mysqlcppconn", "only common/db links the MySQL connector");
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Sources, EachIsListedInACMakeLists) {
  std::map<std::string, std::string> lists;
  for (const File& file : Tree()) {
    if (file.name == "CMakeLists.txt") lists[file.folder] = absl::StrJoin(file.lines, "\n");
  }
  std::vector<std::string> findings;
  for (const File& file : Tree()) {
    // edudelta_service builds the one, services/CMakeLists.txt the other.
    if (!file.EndsWith(".cc") || file.name == "main.cc" || file.name == "sample_fits.cc") continue;
    const auto list = lists.find(file.folder);
    const std::regex listed("(^|[\\s(/])" + std::regex_replace(file.name, std::regex("\\."), "\\.") + "([\\s)]|$)");
    if (list == lists.end() || !std::regex_search(list->second, listed)) {
      findings.push_back(file.path + ": a source that no CMakeLists.txt lists is never built, a test never run");
    }
  }
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Sources, AreShort) {
  std::vector<std::string> findings;
  for (const File& file : Tree()) {
    if (!file.IsCpp() && !file.EndsWith(".py") && !file.EndsWith(".sh")) continue;
    const bool engine = Below(file.folder, "services/common/resource") && !file.IsTest();
    const size_t limit = engine ? 400 : 700;
    if (file.lines.size() > limit) {
      findings.push_back(absl::StrCat(file.path, ": ", file.lines.size(), " lines of at most ", limit,
                                      ": a file is one idea that fits in the head"));
    }
  }
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

// Sources of services with more than `limit` resources that stand in no family's folder.
std::vector<std::string> OutsideFamilies(int limit) {
  std::map<std::string, int> resources;
  for (const File& file : Tree()) {
    if (!file.EndsWith(".proto") || !Below(file.folder, "proto/edudelta")) continue;
    const std::vector<std::string> parts = absl::StrSplit(file.path, '/');
    for (const std::string& line : file.lines) {
      if (absl::StrContains(line, "option (edudelta.options.v1.resource) =")) ++resources[parts[2]];
    }
  }
  std::vector<std::string> findings;
  for (const File& file : Tree()) {
    const std::string service = ServiceOf(file);
    if (service.empty() || resources[service] <= limit || !file.IsCpp()) continue;
    for (const char* layer : {"domain", "store", "api"}) {
      // What is of the whole service stays in api.
      static const std::regex whole("(definition|methods|sample_fits|rules)\\.(h|cc)");
      if (file.folder != absl::StrCat("services/", service, "/", layer) || std::regex_match(file.name, whole)) continue;
      findings.push_back(absl::StrCat(file.path, ": a service of more than ", limit,
                                      " resources has a folder for each family of them"));
    }
  }
  return findings;
}

TEST(Sources, OfAServiceWithManyResourcesAreInFamilies) {
  const auto findings = OutsideFamilies(20);
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
  EXPECT_THAT(OutsideFamilies(1), ::testing::Not(IsEmpty())) << "it finds some";
}

TEST(Sources, AreNamedInSnakeCase) {
  std::vector<std::string> findings;
  for (const File& file : Tree()) {
    if (!file.IsCpp() || std::regex_match(file.name, std::regex("[a-z][a-z0-9_]*\\.(h|cc)"))) continue;
    findings.push_back(file.path);
  }
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Headers, SayPragmaOnce) {
  std::vector<std::string> findings;
  for (const File& file : Tree()) {
    if (!file.IsHeader()) continue;
    bool found = false;
    for (const std::string& line : file.lines) found |= line == "#pragma once";
    if (!found) findings.push_back(file.path);
  }
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Headers, TakeAbslStringView) {
  const auto findings = Grep([](const File& file) { return file.IsHeader(); }, "std::string_view",
                             "absl::string_view is another type here, and the one in every signature");
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Headers, HaveNoUsingDirectives) {
  const auto findings = Grep([](const File& file) { return file.IsHeader(); }, "^\\s*using namespace",
                             "a using-directive in a header reaches everyone (tip 153)");
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Code, HasNoThreadLocals) {
  const auto findings = Grep(IsSource, "\\bthread_local\\b", "no globals, no singletons, no thread-locals");
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Code, HasOneKindOfMutex) {
  const auto findings = Grep([](const File& file) { return file.IsCpp() && file.folder != "tests/layout"; },
                             "\\bstd::((recursive_|shared_)?(timed_)?mutex|condition_variable(_any)?)\\b|"
                             "#include <(mutex|condition_variable|shared_mutex)>",
                             "absl::Mutex: it says what it guards, ABSL_GUARDED_BY, and clang holds the code to that");
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Code, ThrowsNothing) {
  const auto findings =
      Grep([](const File& file) { return IsSource(file) && !file.IsTest() && file.folder != "services/common/db"; },
           "(^|[;{})]|else)\\s*throw\\b", "exceptions come from the driver only; ours are statuses");
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Code, NeverSleepsForLuck) {
  const auto may_sleep = [](const File& file) {
    for (const SleepingFile& sleeping : SleepingFiles()) {
      if (Below(file.path, sleeping.file)) return true;
    }
    return file.folder == "tests/layout";
  };
  const auto findings =
      Grep([&](const File& file) { return file.IsCpp() && !may_sleep(file); },
           "\\b(sleep_for|sleep_until|usleep|nanosleep|SleepFor)\\b|[^a-zA-Z_]sleep\\(",
           "wait for what you wait for; a place that polls is listed with its reason in tests/layout/layers.cc");
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

// "320500" ends in zero pairs: who cuts or adds them decides what a code covers.
TEST(Code, DecidesInOnePlaceWhatADistrictCovers) {
  const auto findings = Grep(
      [](const File& file) {
        return IsSource(file) && file.path != "services/common/describe/district.cc" && !file.IsTest();
      },
      "\"00(00)?\"", "what a district code covers is decided in common/describe/district.h");
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Code, LeavesNothingForLater) {
  const auto findings = Grep(
      [](const File& file) {
        return (file.IsCpp() || file.EndsWith(".proto") || file.EndsWith(".sql") || file.EndsWith(".py") ||
                file.EndsWith(".sh") || file.EndsWith(".md") || file.name == "CMakeLists.txt") &&
               file.folder != "tests/layout";
      },
      "\\b(TODO|FIXME|HACK|XXX)\\b(?!\")", "what is not done is an issue, not a comment");
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(Migrations, AreStampedAndNamed) {
  std::vector<std::string> findings;
  std::map<std::string, std::string> stamps;
  for (const File& file : Tree()) {
    if (!file.EndsWith(".sql") || !absl::StartsWith(file.path, "services/")) continue;
    if (!std::regex_match(file.name, std::regex("[0-9]{12}_[a-z][a-z0-9_]*\\.sql"))) {
      findings.push_back(file.path + ": YYYYMMDDHHMM_verb_noun.sql");
    }
    if (absl::StartsWith(file.path, "services/common/")) continue;  // the first set is one
    std::string& other = stamps[file.folder + "/" + file.name.substr(0, 12)];
    if (!other.empty()) findings.push_back(absl::StrCat(file.path, " and ", other, ": one stamp, one order"));
    other = file.path;
  }
  EXPECT_THAT(findings, IsEmpty()) << Report(findings);
}

TEST(TopLevel, HasTheFixedNames) {
  std::vector<std::string> names;
  for (const std::string& name : TopLevelNames(EDUDELTA_SOURCE_DIR)) {
    if (name[0] != '.') names.push_back(name);
  }
  EXPECT_THAT(names,
              IsSubsetOf({"CMakeLists.txt", "README.md", "deploy", "gateway", "helm", "proto", "services", "tests"}));
}

TEST(Readme, OfTheRepositoryIsShort) {
  constexpr size_t kLimit = 250;
  for (const File& file : Tree()) {
    if (file.path != "README.md") continue;
    EXPECT_LE(file.lines.size(), kLimit)
        << "who begins reads all of it; what one service does stands in its own README";
    return;
  }
  ADD_FAILURE() << "no README.md";
}

TEST(Folders, OfAServiceAreTheSameInEach) {
  std::set<std::string> odd;
  for (const File& file : Tree()) {
    const std::string service = ServiceOf(file);
    if (service.empty()) continue;
    const std::vector<std::string> parts = absl::StrSplit(file.path, '/');
    if (parts.size() > 3 && !std::set<std::string>{"domain", "store", "api", "migrations"}.count(parts[2])) {
      odd.insert(absl::StrCat(parts[0], "/", parts[1], "/", parts[2]));
    }
  }
  EXPECT_THAT(odd, IsEmpty());
}

}  // namespace
}  // namespace edudelta::layout

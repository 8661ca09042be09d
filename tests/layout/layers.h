#pragma once

#include <string>
#include <vector>

// Who may include what. Paths are prefixes; "{service}" stands for the folder's own service.
namespace edudelta::layout {

// What a folder may include of our own code and messages. A folder under services or gateway that has no layer is
// itself a finding.
struct Layer {
  std::string folder;
  std::vector<std::string> may;
  std::string because;
};
std::vector<Layer> Layers();

// Who may include what others wrote, and our generated stubs. Packages that are not named here are open to all.
struct LimitedPackage {
  std::vector<std::string> includes;
  std::vector<std::string> allowed_in;
  std::string because;
  // Tests may include it anywhere.
  bool open_to_tests = false;
};
std::vector<LimitedPackage> LimitedPackages();

// One file that may include what its layer or a package's rule refuses.
struct Exception {
  std::string file;
  std::string include;
  std::string because;
};
std::vector<Exception> Exceptions();

// Files and folders that may let time pass, and why.
struct SleepingFile {
  std::string file;
  std::string because;
};
std::vector<SleepingFile> SleepingFiles();

}  // namespace edudelta::layout

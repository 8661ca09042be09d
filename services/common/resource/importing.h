#pragma once

#include <deque>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "common/resource/importer.h"
#include "common/rpc/described_service.h"

namespace edudelta::resource {

// One running import. While two chunks land, on threads of their own and in the file's order, the next is read and
// checked. With IMPORT_MODE_ATOMIC it keeps all rows until the end, which its last message must announce.
class Importing final : public rpc::DescribedService::Upload {
 public:
  // `importer` outlives this.
  explicit Importing(Importer& importer) : importer_(importer) {}
  // Waits for what is landing.
  ~Importing() override;

  absl::Status Add(const rpc::Call& call, const Message& request) override;
  // `response` is an ImportResponse.
  absl::Status Finish(const rpc::Call& call, Message* response) override;

 private:
  struct Chunk {
    Importer::Upserts rows;
    std::shared_future<absl::Status> landed;
  };

  absl::Status Begin(const rpc::Call& call, const Message& first);
  // What a row carries by its own account; null where the import says it of all.
  using Carried = std::shared_ptr<const ImportColumns>;

  absl::StatusOr<Carried> ColumnsOf(const Message& mask) const;
  // Of each of so many rows.
  absl::StatusOr<std::vector<Carried>> CarriedBy(const Message& request, int rows) const;
  // Checks the rows and begins to land them when at most one chunk is landing.
  absl::Status Land(const rpc::Call& call, const std::vector<const Message*>& rows, const std::vector<int64_t>& numbers,
                    const std::vector<Carried>& carried);
  // Waits until at most so many chunks are landing.
  absl::Status LetLand(size_t most);

  Importer& importer_;
  std::string parent_;
  resource::v1::ImportMode mode_ = resource::v1::IMPORT_MODE_UNSPECIFIED;
  bool started_ = false;
  bool complete_ = false;
  Carried columns_;
  int64_t received_ = 0;
  std::vector<std::unique_ptr<Message>> kept_;
  std::vector<int64_t> numbers_;
  std::vector<Carried> carried_;
  std::deque<std::unique_ptr<Chunk>> landing_;
  resource::v1::ImportResponse result_;
};

}  // namespace edudelta::resource

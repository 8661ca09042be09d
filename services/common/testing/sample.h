#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "common/codes/code_sets.h"
#include "edudelta/options/v1/options.pb.h"
#include "google/protobuf/message.h"

namespace edudelta::testing {

// Makes valid messages of any annotated resource from its descriptor: every input field is set, to a value that follows
// from its type, its annotation and a number; rules that only code knows are not met. The same number makes the same
// message. Thread-safe.
class SampleMaker {
 public:
  // The name of an existing row of `dataset` for the row `name` to refer to; empty leaves the field unset. `others`
  // counts the message's fields that name a row of the dataset already: this one is for another row.
  using Reference = std::function<std::string(absl::string_view dataset, absl::string_view name, int others)>;

  // `codes` outlives the maker. `today` bounds dates.
  SampleMaker(const codes::CodeSets& codes, absl::CivilDay today, Reference reference)
      : codes_(codes), today_(today), reference_(std::move(reference)) {}

  // By the resource's id_format; unique by number.
  std::string Id(const google::protobuf::Descriptor* type, int number) const;
  std::unique_ptr<google::protobuf::Message> Make(const google::protobuf::Descriptor* type, const std::string& name,
                                                  int number) const;
  // Sets one field of a message that has its name.
  void Fill(const google::protobuf::FieldDescriptor* field, int number, google::protobuf::Message* message) const;
  // Sets the fields of a workflow step's request: those of its own, and what the resource has of the same name and
  // type. Its name is there already.
  void FillStep(const google::protobuf::Descriptor* resource, int number, google::protobuf::Message* request) const;

 private:
  // By what `declared` says of the field.
  void FillAs(const google::protobuf::FieldDescriptor* field, const options::v1::Field& declared, int number,
              google::protobuf::Message* message) const;
  std::string Text(const google::protobuf::FieldDescriptor* field, const options::v1::Field& declared, int number,
                   const google::protobuf::Message& message) const;

  const codes::CodeSets& codes_;
  const absl::CivilDay today_;
  const Reference reference_;
};

}  // namespace edudelta::testing

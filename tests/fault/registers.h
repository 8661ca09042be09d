#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/codes/code_sets.h"
#include "common/describe/describe.h"
#include "common/resource/transition.h"

namespace edudelta::fault {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using MessagePtr = std::unique_ptr<Message>;

MessagePtr NewMessage(const Descriptor* type);
// Fields by name; a field that is not there has no text and takes none.
std::string TextOf(const Message& message, const std::string& field);
void SetText(Message* message, const std::string& field, const std::string& text);

// One step of a declared workflow as clerks take it.
struct Step {
  const resource::Transition* transition = nullptr;
  // Which of a clerk's two actors takes it.
  int actor = 0;
  // Further fields of the request, in protobuf's JSON.
  std::string fields;
};

// A stored resource as its declaration says, for clerks and audit. Immutable.
struct Kind {
  const Descriptor* type = nullptr;
  std::string service;
  std::unique_ptr<const resource::Table> table;
  std::vector<resource::Transition> transitions;
  std::map<describe::MethodKind, const MethodDescriptor*> methods;
  // Clerks write it; other kinds of the service must stay empty.
  bool written = false;
  // Fields whose values clerks choose so that no two versions have the same.
  std::vector<const FieldDescriptor*> mark;
  // In the order in which they are taken.
  std::vector<Step> steps;

  // Null when the resource has no such method.
  const MethodDescriptor* Method(describe::MethodKind kind) const;
  // By `mark` and the state fields.
  std::string MarkOf(const Message& row) const;
  void SetMark(int number, Message* row) const;
  // A digest of the whole row with name and times, but without its etag, what is derived, and what
  // answers mask.
  std::string ContentOf(const Message& row) const;
};

// Every stored resource of the five services. Immutable.
class Registers {
 public:
  Registers();

  const codes::CodeSets& codes() const { return codes_; }
  // In the order in which clerks were told of them, then the others.
  const std::vector<const Kind*>& Of(const std::string& service) const { return kinds_.at(service); }
  // By dataset, "planning.School".
  const Kind& Find(const std::string& dataset) const;

 private:
  const codes::CodeSets codes_ = codes::CodeSets::Embedded();
  std::map<std::string, std::unique_ptr<Kind>> owned_;
  std::map<std::string, std::vector<const Kind*>> kinds_;
};

// A row that SampleMaker made becomes one that the rules accept.
void FitRow(int number, Message* row);

}  // namespace edudelta::fault

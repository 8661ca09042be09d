#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/codes/code_sets.h"
#include "common/describe/describe.h"
#include "common/resource/transition.h"
#include "tests/fault/walk.h"

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

// A stored resource as its declaration says, for clerks and audit. Immutable.
struct Kind {
  const Descriptor* type = nullptr;
  std::string service;
  std::unique_ptr<const resource::Table> table;
  std::vector<resource::Transition> transitions;
  // Of these, those that `steps` point to.
  std::vector<resource::Transition> taken;
  std::map<describe::MethodKind, const MethodDescriptor*> methods;
  // Clerks write it, for it has a Create method; other kinds of the service must stay empty.
  bool written = false;
  // What clerks choose so that no two versions of a row have the same. Null where nobody writes.
  const resource::Column* mark = nullptr;
  // In the order in which they are taken.
  std::vector<Step> steps;
  // Of the resource above it, "districts/{district}"; empty at the top.
  std::string parent;

  // Null when the resource has no such method.
  const MethodDescriptor* Method(describe::MethodKind kind) const;
  // By `mark` and the state fields.
  std::string MarkOf(const Message& row) const;
  void SetMark(int number, Message* row) const;
  // A digest of the whole row with name and times, but without its etag, what is derived, and what
  // answers mask.
  std::string ContentOf(const Message& row) const;
};

// Every stored resource of the suite. Immutable.
class Registers {
 public:
  Registers();

  const codes::CodeSets& codes() const { return codes_; }
  // Those with something to write.
  std::vector<std::string> Services() const;
  // In order of declaration. The first one is what all clerks change.
  const std::vector<const Kind*>& Of(const std::string& service) const { return kinds_.at(service); }
  // By dataset, "planning.School".
  const Kind& Find(const std::string& dataset) const;
  // Who keeps what stands at the pattern, in the service if it does. Null when nobody writes it.
  const Kind* At(const std::string& pattern, const std::string& service) const;
  // What rows of the service stand below though another service keeps it; null when nothing does.
  const Kind* GroundOf(const std::string& service) const;

 private:
  const codes::CodeSets codes_ = codes::CodeSets::Embedded();
  std::map<std::string, std::unique_ptr<Kind>> owned_;
  std::map<std::string, std::vector<const Kind*>> kinds_;
};

}  // namespace edudelta::fault

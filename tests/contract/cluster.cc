#include "tests/contract/cluster.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/crypto/token.h"
#include "common/describe/describe.h"
#include "common/rpc/client.h"
#include "common/testing/server_process.h"
#include "common/testing/services.h"
#include "grpcpp/impl/codegen/client_unary_call.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/sync_stream.h"

namespace edudelta::contract {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

absl::Time Soon() { return absl::Now() + absl::Seconds(20); }

std::string PathOf(const MethodDescriptor* method) {
  return absl::StrCat("/", method->service()->full_name(), "/", method->name());
}

grpc::ByteBuffer ToBuffer(const Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  buffer.DumpToSingleSlice(&slice);
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

[[noreturn]] void Fail(const std::string& what, const std::string& log) {
  std::ifstream stream(log);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  throw std::runtime_error(absl::StrCat(what, "\n", text.size() > 3000 ? text.substr(text.size() - 3000) : text));
}

bool IsServing(grpc::Channel& channel) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(1)));
  // Until somebody listens.
  context.set_wait_for_ready(true);
  const grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check", grpc::internal::RpcMethod::NORMAL_RPC);
  return grpc::internal::BlockingUnaryCall(&channel, method, &context, request, &response).ok() &&
         BytesOf(response) == "\x08\x01";
}

std::string MakeFolder() {
  std::string folder = "/tmp/edudelta-contract-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp");
  return folder;
}

void WriteSecret(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

std::string WriteKeys(const std::string& folder) {
  const std::string json = crypto::FieldCipher::GenerateKeyJson();
  WriteSecret(folder + "/keys.json", json);
  return json;
}

}  // namespace

struct Cluster::Service {
  testing::ServiceProgram program;
  db::Options options;
  std::unique_ptr<db::Pool> pool;
  std::shared_ptr<grpc::Channel> channel;
  testing::ServerProcess process;
};

Cluster::Cluster() : folder_(MakeFolder()), cipher_(*crypto::FieldCipher::FromJson(WriteKeys(folder_))) {
  const testing::Account own{.uid = geteuid(), .gid = getegid()};
  for (const testing::ServiceProgram& program : testing::ReadServices()) {
    const std::string& name = program.name;
    auto service = std::make_unique<Service>();
    service->program = program;
    service->options = database_.OptionsFor(name);
    service->pool = *db::Pool::Create(service->options, metrics_);
    service->channel = *rpc::Connect({.address = absl::StrCat("unix:", folder_, "/", name, ".sock")});
    services_[name] = std::move(service);
  }
  WriteSecret(folder_ + "/token.pem", crypto::TokenSigner::Generate()->private_pem());
  auto log = [&](const std::string& name) { return absl::StrCat(folder_, "/", name, ".log"); };
  for (const auto& [name, service] : services_) {
    service->process.Start(own, Command(name), log(name));
  }
  const absl::Time until = absl::Now() + absl::Seconds(60);
  for (const auto& [name, service] : services_) {
    while (!IsServing(*service->channel)) {
      if (!service->process.Running() || absl::Now() > until) Fail(name + " does not serve", log(name));
    }
  }
}

Cluster::~Cluster() {
  // Together: each drains for a while.
  std::vector<std::thread> ends;
  for (const auto& one : services_) ends.emplace_back([&one] { one.second->process.End(SIGTERM); });
  for (std::thread& end : ends) end.join();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::vector<std::string> Cluster::Command(const std::string& name) const {
  const Service& service = *services_.at(name);
  std::vector<std::string> command = {"env",
                                      "-i",
                                      absl::StrCat("EDUDELTA_LISTEN_UNIX=", folder_, "/", name, ".sock"),
                                      "EDUDELTA_DB_URL=" + service.options.url,
                                      absl::StrCat("EDUDELTA_FIELD_KEY_FILE=", folder_, "/keys.json"),
                                      "EDUDELTA_LOG_LEVEL=warning"};
  for (const std::string& peer : service.program.peers) {
    command.push_back(
        absl::StrCat("EDUDELTA_", absl::AsciiStrToUpper(peer), "_ADDRESS=unix:", folder_, "/", peer, ".sock"));
  }
  if (name == "exchange") command.push_back(absl::StrCat("EDUDELTA_TOKEN_KEY_FILE=", folder_, "/token.pem"));
  command.push_back(service.program.path);
  return command;
}

grpc::Channel& Cluster::ChannelOf(const MethodDescriptor* method) {
  return *services_.at(describe::ServiceOf(method->file()))->channel;
}

db::Pool& Cluster::Pool(const std::string& service) { return *services_.at(service)->pool; }

absl::Status Cluster::Call(const MethodDescriptor* method, const call::v1::Caller& caller, const Message& request,
                           Message* response) {
  rpc::Context context(caller, Soon(), "");
  return rpc::Invoke(ChannelOf(method), *method, context, request, response);
}

absl::Status Cluster::Send(const MethodDescriptor* method, const call::v1::Caller& caller,
                           const std::vector<std::unique_ptr<Message>>& requests, Message* response) {
  rpc::Context context(caller, Soon(), "");
  const std::string path = PathOf(method);
  const grpc::internal::RpcMethod rpc_method(path.c_str(), grpc::internal::RpcMethod::CLIENT_STREAMING);
  grpc::ByteBuffer answer;
  std::unique_ptr<grpc::ClientWriter<grpc::ByteBuffer>> writer(
      grpc::internal::ClientWriterFactory<grpc::ByteBuffer>::Create(&ChannelOf(method), rpc_method, context.get(),
                                                                    &answer));
  for (const auto& request : requests) {
    if (!writer->Write(ToBuffer(*request))) break;
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (!status.ok()) return rpc::FromPeer(status);
  return response->ParseFromString(BytesOf(answer)) ? absl::OkStatus() : absl::DataLossError("answer");
}

absl::StatusOr<std::vector<std::unique_ptr<Message>>> Cluster::Receive(const MethodDescriptor* method,
                                                                       const call::v1::Caller& caller,
                                                                       const Message& request) {
  rpc::Context context(caller, Soon(), "");
  const std::string path = PathOf(method);
  const grpc::internal::RpcMethod rpc_method(path.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING);
  std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader(
      grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(&ChannelOf(method), rpc_method, context.get(),
                                                                    ToBuffer(request)));
  const Message* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(method->output_type());
  std::vector<std::unique_ptr<Message>> answers;
  grpc::ByteBuffer bytes;
  while (reader->Read(&bytes)) {
    answers.emplace_back(prototype->New());
    if (!answers.back()->ParseFromString(BytesOf(bytes))) return absl::DataLossError("answer");
  }
  const grpc::Status status = reader->Finish();
  if (!status.ok()) return rpc::FromPeer(status);
  return answers;
}

}  // namespace edudelta::contract

// Counts of one record, for callgrind (README.md tells how).
#include <cstdio>
#include <string>

#include "edudelta/sample/v1/sample.pb.h"
#include "gateway/codec/json.h"

int main(int argc, char** argv) {
  namespace pb = edudelta::sample::v1;
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 100;
  const edudelta::gateway::codec::JsonCodec codec({pb::Room::descriptor()});
  pb::Room room;
  room.set_name("districts/310114/schools/3131000123/rooms/a-101");
  room.set_display_name("第一实验小学教学楼音乐教室");
  room.set_state(pb::STATE_OPEN);
  room.set_seats(48);
  room.set_area("96.50");
  room.mutable_built()->set_year(2015);
  room.mutable_built()->set_month(9);
  room.mutable_built()->set_day(1);
  room.mutable_checked_time()->set_seconds(1767225600);
  room.set_heated(true);
  room.set_use_code("213");
  room.set_latitude(31.3747);
  room.mutable_create_time()->set_seconds(1767225600);
  room.mutable_create_time()->set_nanos(123456000);
  room.mutable_update_time()->set_seconds(1767225601);
  room.mutable_update_time()->set_nanos(123456000);
  room.set_etag("\"AAAAAAAB\"");
  const std::string wire = room.SerializeAsString();
  std::string json;
  pb::Room back;
  for (int i = 0; i < rounds; ++i) {
    json.clear();
    if (!codec.Write(room, &json).ok() || !codec.Read(json, &back).ok()) return 1;
    std::string again;
    if (!codec.WriteWire(room.GetDescriptor(), wire, &again).ok() || again != json) return 1;
  }
  std::printf("%zu bytes\n%s\n", json.size(), json.c_str());
  return back.SerializeAsString() == room.SerializeAsString() ? 0 : 1;
}

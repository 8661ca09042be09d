#include "common/testing/fits.h"
#include "edudelta/facilities/v1/building.pb.h"
#include "edudelta/facilities/v1/room.pb.h"

namespace edudelta::facilities::api {

void AddSampleFits(testing::Fits& fits) {
  // Not in years to come.
  fits.On<v1::Building>([](int number, v1::Building* building) { building->set_built_year(1990 + number % 30); });
  // Teaching rooms, which may have every field.
  fits.On<v1::Room>([](int number, v1::Room* room) {
    room->set_use(number % 2 == 0 ? "111" : "113");
    room->set_seat_count(number % 10);
  });
}

}  // namespace edudelta::facilities::api

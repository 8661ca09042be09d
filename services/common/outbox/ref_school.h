#pragma once

#include <vector>

#include "absl/status/status.h"
#include "common/db/migrator.h"
#include "common/db/session.h"
#include "edudelta/feed/v1/feed.pb.h"

// Planning's schools in the schema of a service that refers to them: table `ref_school`, fed by the feed of dataset
// "planning.School".
namespace edudelta::outbox {

constexpr char kSchoolDataset[] = "planning.School";

const std::vector<db::Migration>& RefSchoolMigrations();

// A Follower::Apply. DATA_LOSS, reason EVENT_PAYLOAD_MALFORMED, when the event is not of a school.
absl::Status ApplySchool(db::Tx& tx, const feed::v1::Event& event);

}  // namespace edudelta::outbox

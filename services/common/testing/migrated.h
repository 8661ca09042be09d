#pragma once

#include "common/testing/database.h"

namespace edudelta::testing {

// Settings of a database that has the schema of every service, under the service's name (Database::OptionsFor), as the
// programs of this build migrate it.
Database::Settings WithServices(bool durable = false);

}  // namespace edudelta::testing

#pragma once

#include "common/testing/fits.h"

namespace edudelta::contract {

// Those of every service that has an api/sample_fits.cc.
const testing::Fits& SampleFits();

}  // namespace edudelta::contract

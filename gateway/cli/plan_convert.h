#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/cli/json.h"

namespace edudelta::gateway::cli {

// Rows that can be written at once: none names another of them.
struct PlanBatch {
  std::string ndjson;
  // Of each row, its place in the plan's list, from 1.
  std::vector<int> items;
};

struct PlanPart {
  // "tasks", below the plan.
  std::string collection;
  std::string label;
  // The fields that a plan tells, with commas between: what it leaves out is empty.
  std::string mask;
  // In the order in which they can be written: sections by their depth, all others at once.
  std::vector<PlanBatch> batches;
  int rows = 0;
};

// A published work plan (deploy/demo/work_plans/README.md) as resources of planning.
struct ConvertedPlan {
  // "districts/310114/workPlans/jiading-2019"
  std::string name;
  Json work_plan;
  // In the order in which they can be written: sections, tasks, targets, projects, report duties.
  std::vector<PlanPart> parts;
};

// Ids are the plan's codes, and what names one within the plan becomes its resource name; report duties, which have
// none, become R1, R2, … in order. What the plan leaves open stays absent. Exit::kUsage: a part that is missing or
// malformed; an operator, a role or a member's name that is unknown.
absl::StatusOr<ConvertedPlan> ConvertPlan(const Json& plan, absl::string_view plan_id, absl::string_view district);

// "任务第 4 项 due_date：…（REASON）", from an error of an ImportResponse whose row is the item's place.
std::string PlanErrorLine(absl::string_view label, const Json& error);

}  // namespace edudelta::gateway::cli

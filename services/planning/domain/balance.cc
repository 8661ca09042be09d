#include "planning/domain/balance.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/decimal.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "edudelta/planning/v1/types.pb.h"
#include "planning/domain/coefficient.h"
#include "planning/domain/rules.h"
#include "planning/domain/stage_amounts.h"

namespace edudelta::planning::domain {
namespace {

using IndicatorState = v1::IndicatorValue::State;

constexpr int kDecimals = 4;
constexpr int64_t kOne = 10000;

// Value of an indicator = amount * numerator / denominator / pupils; a shortfall is counted in units of 10^-scale.
struct Unit {
  int64_t numerator;
  int64_t denominator;
  int shortfall_scale;
};

constexpr Unit kPerHundred = {100, 1, 0};
constexpr Unit kHundredths = {1, 100, 2};
constexpr std::array<Unit, kIndicators> kUnits = {kPerHundred, kPerHundred, kPerHundred, kHundredths,
                                                  kHundredths, kHundredths, kPerHundred};

struct Standard {
  std::string text;
  // Times 10^4.
  int64_t value = 0;
};

struct StageRules {
  std::array<Standard, kIndicators> standards;
  std::string limit_text;
  double limit = 0;
};

absl::StatusOr<std::map<v1::Stage, StageRules>> ReadStandards(const v1::IndicatorSet& set) {
  std::map<v1::Stage, StageRules> result;
  for (const v1::StageStandard& stage : set.standards()) {
    StageRules& rules = result[stage.stage()];
    for (const v1::IndicatorStandard& indicator : stage.indicators()) {
      Standard& standard = rules.standards[indicator.indicator() - 1];
      standard.text = indicator.standard();
      ASSIGN_OR_RETURN(standard.value, ParseDecimal(indicator.standard(), kDecimals));
    }
    rules.limit_text = stage.coefficient_limit();
    ASSIGN_OR_RETURN(const int64_t limit, ParseDecimal(stage.coefficient_limit(), kDecimals));
    rules.limit = static_cast<double>(limit) / kOne;
  }
  return result;
}

absl::int128 CeilDivide(absl::int128 numerator, absl::int128 denominator) {
  return (numerator + denominator - 1) / denominator;
}

std::string Decimal(absl::int128 value, int scale) { return FormatDecimal(static_cast<int64_t>(value), scale); }

v1::IndicatorValue Judge(int index, const std::optional<Amount>& amount, int64_t pupils, const Standard& standard,
                         int floor_percent) {
  v1::IndicatorValue result;
  result.set_indicator(static_cast<v1::Indicator>(index + 1));
  result.set_standard(standard.text);
  if (!amount) {
    result.set_state(v1::IndicatorValue::STATE_PENDING);
    return result;
  }
  const Unit& unit = kUnits[index];
  const absl::int128 have = amount->numerator * unit.numerator * kOne;
  const absl::int128 per_step = amount->denominator * pupils * unit.denominator;
  const absl::int128 want = per_step * standard.value;
  result.set_value(Decimal((have * 2 + per_step) / (per_step * 2), kDecimals));
  if (have >= want) {
    result.set_state(v1::IndicatorValue::STATE_MET);
    return result;
  }
  const bool above_floor = have * 100 >= want * floor_percent;
  result.set_state(above_floor ? v1::IndicatorValue::STATE_ABOVE_FLOOR : v1::IndicatorValue::STATE_BELOW_FLOOR);
  const absl::int128 missing = CeilDivide(want - have, amount->denominator * unit.numerator * kOne);
  result.set_shortfall(Decimal(missing, unit.shortfall_scale));
  return result;
}

v1::Verdict SchoolVerdict(const v1::SchoolFinding& finding, int required) {
  std::map<IndicatorState, int> count;
  for (const v1::IndicatorValue& indicator : finding.indicators()) ++count[indicator.state()];
  const int below_floor = count[v1::IndicatorValue::STATE_BELOW_FLOOR];
  const int below_standard = below_floor + count[v1::IndicatorValue::STATE_ABOVE_FLOOR];
  if (below_floor > 0 || below_standard > kIndicators - required) return v1::VERDICT_FAILED;
  return count[v1::IndicatorValue::STATE_PENDING] > 0 ? v1::VERDICT_PENDING : v1::VERDICT_PASSED;
}

bool ComesLater(const v1::IndicatorSet& a, const v1::IndicatorSet& b) {
  auto order = [](const v1::IndicatorSet& set) {
    return std::pair(calendar::FromProto(set.effective_date()), set.version_number());
  };
  return order(a) > order(b);
}

// What a stage gathers from its schools.
struct StageTally {
  v1::StageResult result;
  std::array<std::vector<SchoolAmount>, kIndicators> amounts;
};

v1::SchoolFinding Evaluate(const SchoolFigures& school, StagePart part, const v1::IndicatorSet& set,
                           const StageRules& rules, StageTally& tally) {
  v1::SchoolFinding finding;
  finding.set_school(school.name);
  finding.set_school_name(school.display_name);
  finding.set_stage(part.stage);
  finding.set_pupil_count(static_cast<int>(part.pupils.value_or(0)));
  for (std::string& rule : part.applied_rules) finding.add_applied_rules(std::move(rule));
  for (int i = 0; i < kIndicators; ++i) {
    const std::optional<Amount>& amount = part.amounts[i];
    *finding.add_indicators() = Judge(i, amount, part.pupils.value_or(0), rules.standards[i], set.floor_percent());
    if (!amount) continue;
    const double base = static_cast<double>(amount->numerator) / static_cast<double>(amount->denominator);
    tally.amounts[i].push_back({base * kUnits[i].numerator / kUnits[i].denominator, *part.pupils});
  }
  finding.set_verdict(SchoolVerdict(finding, set.required_indicator_count()));

  tally.result.set_school_count(tally.result.school_count() + 1);
  if (finding.verdict() == v1::VERDICT_FAILED) tally.result.set_failed_count(tally.result.failed_count() + 1);
  if (finding.verdict() == v1::VERDICT_PENDING) tally.result.set_pending_count(tally.result.pending_count() + 1);
  return finding;
}

v1::Coefficient JudgeCoefficient(int index, const StageTally& tally, v1::Weighting weighting, const StageRules& rules) {
  v1::Coefficient result;
  result.set_indicator(static_cast<v1::Indicator>(index + 1));
  result.set_limit(rules.limit_text);
  const std::optional<Variation> variation = VariationOf(tally.amounts[index], weighting);
  if (variation) result.set_mean(variation->mean);
  if (variation && variation->coefficient) result.set_value(*variation->coefficient);

  const bool incomplete = static_cast<int>(tally.amounts[index].size()) < tally.result.school_count();
  if (incomplete) {
    result.set_state(v1::Coefficient::STATE_PENDING);
  } else if (!result.has_value()) {
    result.set_state(v1::Coefficient::STATE_NOT_COMPUTABLE);
  } else {
    const bool within = result.value() <= rules.limit;
    result.set_state(within ? v1::Coefficient::STATE_WITHIN : v1::Coefficient::STATE_OVER);
  }
  return result;
}

v1::Verdict StageVerdict(const v1::StageResult& stage) {
  bool over = false;
  bool open = stage.school_count() == 0 || stage.pending_count() > 0;
  for (const v1::Coefficient& coefficient : stage.coefficients()) {
    over = over || coefficient.state() == v1::Coefficient::STATE_OVER;
    open = open || coefficient.state() != v1::Coefficient::STATE_WITHIN;
  }
  if (stage.failed_count() > 0 || over) return v1::VERDICT_FAILED;
  return open ? v1::VERDICT_PENDING : v1::VERDICT_PASSED;
}

v1::Verdict DistrictVerdict(const v1::BalanceReport& report) {
  v1::Verdict verdict = v1::VERDICT_PASSED;
  for (const v1::StageResult& stage : report.stages()) {
    if (stage.verdict() == v1::VERDICT_FAILED) return v1::VERDICT_FAILED;
    if (stage.verdict() == v1::VERDICT_PENDING) verdict = v1::VERDICT_PENDING;
  }
  return verdict;
}

}  // namespace

absl::StatusOr<BalanceEvaluation> EvaluateBalance(const v1::IndicatorSet& set, int school_year,
                                                  std::vector<SchoolFigures> schools) {
  RETURN_IF_ERROR(Check(set));
  ASSIGN_OR_RETURN(const auto stages, ReadStandards(set));
  std::sort(schools.begin(), schools.end(),
            [](const SchoolFigures& a, const SchoolFigures& b) { return a.name < b.name; });

  BalanceEvaluation result;
  v1::BalanceReport& report = result.report;
  report.set_school_year(school_year);
  report.set_indicator_set(set.name());
  report.set_indicator_set_version(set.version_number());
  std::map<v1::Stage, StageTally> tallies;
  for (const SchoolFigures& school : schools) {
    SchoolParts parts = PartsOf(school, set);
    for (const std::string& reason : parts.exclusions) {
      report.add_excluded_schools(absl::StrCat(school.name, "：", reason));
    }
    for (StagePart& part : parts.parts) {
      const v1::Stage stage = part.stage;
      result.findings.push_back(Evaluate(school, std::move(part), set, stages.at(stage), tallies[stage]));
    }
  }
  for (const auto& [stage, rules] : stages) {
    StageTally& tally = tallies[stage];
    tally.result.set_stage(stage);
    for (int i = 0; i < kIndicators; ++i) {
      *tally.result.add_coefficients() = JudgeCoefficient(i, tally, set.coefficient_weighting(), rules);
    }
    tally.result.set_verdict(StageVerdict(tally.result));
    report.set_school_count(report.school_count() + tally.result.school_count());
    report.set_failed_count(report.failed_count() + tally.result.failed_count());
    report.set_pending_count(report.pending_count() + tally.result.pending_count());
    *report.add_stages() = std::move(tally.result);
  }
  report.set_verdict(DistrictVerdict(report));
  return result;
}

std::string FindingId(const v1::SchoolFinding& finding) {
  const absl::string_view school = finding.school();
  const absl::string_view id = school.substr(school.rfind('/') + 1);
  return absl::StrCat(id, finding.stage() == v1::STAGE_PRIMARY ? "-primary" : "-junior");
}

const v1::IndicatorSet* ChooseIndicatorSet(const std::vector<v1::IndicatorSet>& sets,
                                           const std::vector<std::string>& jurisdictions, absl::CivilDay day) {
  for (const std::string& jurisdiction : jurisdictions) {
    const std::string prefix = absl::StrCat(jurisdiction, "/");
    const v1::IndicatorSet* best = nullptr;
    for (const v1::IndicatorSet& set : sets) {
      const std::optional<absl::CivilDay> effective = calendar::FromProto(set.effective_date());
      if (!absl::StartsWith(set.name(), prefix) || !effective || *effective > day) continue;
      if (best == nullptr || ComesLater(set, *best)) best = &set;
    }
    if (best != nullptr) return best;
  }
  return nullptr;
}

}  // namespace edudelta::planning::domain

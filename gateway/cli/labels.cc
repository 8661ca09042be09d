#include "gateway/cli/labels.h"

namespace edudelta::gateway::cli {
namespace {

struct Label {
  absl::string_view value;
  absl::string_view label;
};

constexpr Label kLabels[] = {
    {"STAGE_PRIMARY", "小学"},
    {"STAGE_JUNIOR", "初中"},
    {"VERDICT_PASSED", "达标"},
    {"VERDICT_FAILED", "未达标"},
    {"VERDICT_PENDING", "待填报"},
    {"INDICATOR_TEACHERS_ABOVE_REQUIRED", "每百名学生拥有高于规定学历教师数"},
    {"INDICATOR_BACKBONE_TEACHERS", "每百名学生拥有县级以上骨干教师数"},
    {"INDICATOR_SPORTS_ART_TEACHERS", "每百名学生拥有体育、艺术专任教师数"},
    {"INDICATOR_TEACHING_AREA", "生均教学及辅助用房面积"},
    {"INDICATOR_SPORTS_AREA", "生均体育运动场馆面积"},
    {"INDICATOR_EQUIPMENT_VALUE", "生均教学仪器设备值"},
    {"INDICATOR_MULTIMEDIA_ROOMS", "每百名学生拥有网络多媒体教室数"},
    {"STATE_WITHIN", "达标"},
    {"STATE_OVER", "超限"},
    {"STATE_NOT_COMPUTABLE", "无法计算"},
    {"STATE_MET", "已达成"},
    {"STATE_MISSED", "未达成"},
    {"STATE_NOT_MEASURABLE", "不可测"},
    {"STATE_ABOVE_FLOOR", "底线以上"},
    {"STATE_BELOW_FLOOR", "低于底线"},
    {"TARGET_ROLE_GOAL", "目标"},
    {"TARGET_ROLE_STRETCH", "力争"},
    {"TARGET_ROLE_THRESHOLD", "门槛"},
    {"OPERATOR_AT_LEAST", "≥"},
    {"OPERATOR_AT_MOST", "≤"},
    {"OPERATOR_EQUAL", "＝"},
    {"STATE_DRAFT", "草稿"},
    {"STATE_PROPOSED", "已提出"},
    {"STATE_SIGNED_BY_ONE", "一方已签"},
    {"STATE_ACTIVE", "生效"},
    {"STATE_SUSPENDED", "中止"},
    {"STATE_REVOKED", "撤销"},
    {"STATE_EXPIRED", "到期"},
    {"STATE_SUPERSEDED", "被取代"},
    {"DELIVERY_QUERY", "查询"},
    {"DELIVERY_FEED", "订阅"},
    {"DELIVERY_AGGREGATE", "仅汇总"},
    {"OUTCOME_ALLOWED", "允许"},
    {"OUTCOME_CUT_OFF", "中断"},
    {"OUTCOME_DENIED", "拒绝"},
    {"ENROLMENT_PLANNING", "招生规划"},
    {"BALANCE_EVALUATION", "均衡评估"},
    {"TEACHER_EXCHANGE", "教师交流"},
    {"GOVERNMENT_SERVICE", "政务服务"},
    {"STATISTICS", "统计分析"},
    {"SUPERVISION", "督导检查"},
};

constexpr Label kUnits[] = {
    {"INDICATOR_TEACHERS_ABOVE_REQUIRED", "名"},
    {"INDICATOR_BACKBONE_TEACHERS", "名"},
    {"INDICATOR_SPORTS_ART_TEACHERS", "名"},
    {"INDICATOR_TEACHING_AREA", "㎡"},
    {"INDICATOR_SPORTS_AREA", "㎡"},
    {"INDICATOR_EQUIPMENT_VALUE", "元"},
    {"INDICATOR_MULTIMEDIA_ROOMS", "间"},
};

}  // namespace

std::string LabelOf(absl::string_view value) {
  for (const Label& known : kLabels) {
    if (known.value == value) return std::string(known.label);
  }
  return std::string(value);
}

std::string ShortfallUnit(absl::string_view indicator) {
  for (const Label& known : kUnits) {
    if (known.value == indicator) return std::string(known.label);
  }
  return "";
}

}  // namespace edudelta::gateway::cli

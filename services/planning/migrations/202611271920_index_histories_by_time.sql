-- Reads of a district as it was pass over the versions that were replaced before.
ALTER TABLE `balance_report_history`
  ADD KEY `ix_balance_report_history_time` (`district_id`, `history_to`);
ALTER TABLE `grade_enrollment_history`
  ADD KEY `ix_grade_enrollment_history_time` (`district_id`, `history_to`);
ALTER TABLE `indicator_set_history`
  ADD KEY `ix_indicator_set_history_time` (`district_id`, `history_to`);
ALTER TABLE `measurement_history`
  ADD KEY `ix_measurement_history_time` (`district_id`, `history_to`);
ALTER TABLE `plan_project_history`
  ADD KEY `ix_plan_project_history_time` (`district_id`, `history_to`);
ALTER TABLE `plan_section_history`
  ADD KEY `ix_plan_section_history_time` (`district_id`, `history_to`);
ALTER TABLE `plan_target_history`
  ADD KEY `ix_plan_target_history_time` (`district_id`, `history_to`);
ALTER TABLE `plan_task_history`
  ADD KEY `ix_plan_task_history_time` (`district_id`, `history_to`);
ALTER TABLE `report_duty_history`
  ADD KEY `ix_report_duty_history_time` (`district_id`, `history_to`);
ALTER TABLE `school_history`
  ADD KEY `ix_school_history_time` (`district_id`, `history_to`);
ALTER TABLE `school_finding_history`
  ADD KEY `ix_school_finding_history_time` (`district_id`, `history_to`);
ALTER TABLE `work_plan_history`
  ADD KEY `ix_work_plan_history_time` (`district_id`, `history_to`);

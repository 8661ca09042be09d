-- Reads of a district as it was pass over the versions that were replaced before.
ALTER TABLE `hazard_history`
  ADD KEY `ix_hazard_history_time` (`district_id`, `history_to`);
ALTER TABLE `hazard_term_history`
  ADD KEY `ix_hazard_term_history_time` (`district_id`, `history_to`);
ALTER TABLE `inspection_point_history`
  ADD KEY `ix_inspection_point_history_time` (`district_id`, `history_to`);
ALTER TABLE `patrol_plan_history`
  ADD KEY `ix_patrol_plan_history_time` (`district_id`, `history_to`);

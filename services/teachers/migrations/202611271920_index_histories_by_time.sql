-- Reads of a district as it was pass over the versions that were replaced before.
ALTER TABLE `staffing_quota_history`
  ADD KEY `ix_staffing_quota_history_time` (`district_id`, `history_to`);
ALTER TABLE `teacher_history`
  ADD KEY `ix_teacher_history_time` (`district_id`, `history_to`);

-- Reads of a district as it was pass over the versions that were replaced before.
ALTER TABLE `access_entry_history`
  ADD KEY `ix_access_entry_history_time` (`district_id`, `history_to`);

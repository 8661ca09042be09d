-- Reads of a district as it was pass over the versions that were replaced before.
ALTER TABLE `building_history`
  ADD KEY `ix_building_history_time` (`district_id`, `history_to`);
ALTER TABLE `equipment_holding_history`
  ADD KEY `ix_equipment_holding_history_time` (`district_id`, `history_to`);
ALTER TABLE `room_history`
  ADD KEY `ix_room_history_time` (`district_id`, `history_to`);
ALTER TABLE `sports_ground_history`
  ADD KEY `ix_sports_ground_history_time` (`district_id`, `history_to`);

ALTER TABLE `hazard`
  ADD COLUMN `requested_due_date` DATE NULL,
  ADD COLUMN `extension_ground` VARCHAR(500) NOT NULL DEFAULT '',
  ADD KEY `ix_hazard_requested_due_date` (`district_id`, `requested_due_date`);
ALTER TABLE `hazard_history`
  ADD COLUMN `requested_due_date` DATE NULL,
  ADD COLUMN `extension_ground` VARCHAR(500) NOT NULL DEFAULT '';

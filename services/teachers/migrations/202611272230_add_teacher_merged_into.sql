ALTER TABLE `teacher`
  ADD COLUMN `merged_into` VARCHAR(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD KEY `ix_teacher_merged_into` (`district_id`, `merged_into`);
ALTER TABLE `teacher_history`
  ADD COLUMN `merged_into` VARCHAR(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';

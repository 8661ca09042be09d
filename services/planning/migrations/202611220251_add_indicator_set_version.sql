-- Sets of one jurisdiction and one effective date were told apart by when they were made: that is their order of versions.
-- The exceptions held under every set, so those that stand keep them: their reports recompute as before.
ALTER TABLE `indicator_set`
  ADD COLUMN `version_number` INT NOT NULL DEFAULT 1,
  ADD COLUMN `count_shared_sports_art_teachers` TINYINT NOT NULL DEFAULT 0,
  ADD COLUMN `count_extra_sports_areas` TINYINT NOT NULL DEFAULT 0;
ALTER TABLE `indicator_set_history`
  ADD COLUMN `version_number` INT NOT NULL DEFAULT 1,
  ADD COLUMN `count_shared_sports_art_teachers` TINYINT NOT NULL DEFAULT 0,
  ADD COLUMN `count_extra_sports_areas` TINYINT NOT NULL DEFAULT 0;
UPDATE `indicator_set` s JOIN (
    SELECT `row_id`, ROW_NUMBER() OVER (PARTITION BY `district_id`, `effective_date` ORDER BY `create_time`, `row_id`) AS number
    FROM `indicator_set`) v ON v.`row_id` = s.`row_id`
  SET s.`version_number` = v.number, s.`count_shared_sports_art_teachers` = 1, s.`count_extra_sports_areas` = 1;
UPDATE `indicator_set_history` h JOIN `indicator_set` s ON s.`row_id` = h.`row_id`
  SET h.`version_number` = s.`version_number`, h.`count_shared_sports_art_teachers` = 1, h.`count_extra_sports_areas` = 1;
ALTER TABLE `indicator_set`
  ADD UNIQUE KEY `uk_indicator_set_version` (`district_id`, `effective_date`, `version_number`),
  ADD KEY `ix_indicator_set_version_number` (`district_id`, `version_number`);
ALTER TABLE `balance_report` ADD COLUMN `indicator_set_version` INT NOT NULL DEFAULT 0;
ALTER TABLE `balance_report_history` ADD COLUMN `indicator_set_version` INT NOT NULL DEFAULT 0;
UPDATE `balance_report` r JOIN `indicator_set` s
  ON r.`indicator_set` = CONCAT('districts/', s.`district_id`, '/indicatorSets/', s.`indicator_set_id`)
  SET r.`indicator_set_version` = s.`version_number`;
UPDATE `balance_report_history` r JOIN `indicator_set` s
  ON r.`indicator_set` = CONCAT('districts/', s.`district_id`, '/indicatorSets/', s.`indicator_set_id`)
  SET r.`indicator_set_version` = s.`version_number`;

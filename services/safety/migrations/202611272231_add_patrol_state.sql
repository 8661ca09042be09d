-- What was recorded until now counts.
ALTER TABLE `patrol`
  ADD COLUMN `state` INT NOT NULL DEFAULT 1,
  ADD KEY `ix_patrol_state` (`district_id`, `state`);
CREATE TABLE `patrol_history` (
  `row_id` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `school_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `patrol_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `point` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `patrol_time` DATETIME(6) NULL,
  `result` INT NOT NULL,
  `device` VARCHAR(64) NOT NULL,
  `note` VARCHAR(1000) NOT NULL,
  `state` INT NOT NULL,
  `history_to` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`, `version`),
  KEY `ix_patrol_history_name` (`district_id`, `school_id`, `patrol_id`, `history_to`),
  KEY `ix_patrol_history_time` (`district_id`, `history_to`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

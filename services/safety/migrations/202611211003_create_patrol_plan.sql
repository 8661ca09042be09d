CREATE TABLE `patrol_plan` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `patrol_plan_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `start_date` DATE NULL,
  `required_points` INT NOT NULL,
  `required_monthly_patrols` INT NOT NULL,
  `note` VARCHAR(500) NOT NULL,
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_patrol_plan_name` (`district_id`, `patrol_plan_id`),
  KEY `ix_patrol_plan_start_date` (`district_id`, `start_date`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE `patrol_plan_history` (
  `row_id` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `patrol_plan_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `start_date` DATE NULL,
  `required_points` INT NOT NULL,
  `required_monthly_patrols` INT NOT NULL,
  `note` VARCHAR(500) NOT NULL,
  `history_to` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`, `version`),
  KEY `ix_patrol_plan_history_name` (`district_id`, `patrol_plan_id`, `history_to`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

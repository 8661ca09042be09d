CREATE TABLE `plan_section` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `work_plan_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `section_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(200) NOT NULL,
  `parent_section` VARCHAR(63) NOT NULL,
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_plan_section_name` (`district_id`, `work_plan_id`, `section_id`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE `plan_section_history` (
  `row_id` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `work_plan_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `section_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(200) NOT NULL,
  `parent_section` VARCHAR(63) NOT NULL,
  `history_to` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`, `version`),
  KEY `ix_plan_section_history_name` (`district_id`, `work_plan_id`, `section_id`, `history_to`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

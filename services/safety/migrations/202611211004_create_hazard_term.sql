CREATE TABLE `hazard_term` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `hazard_term_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `grade` INT NOT NULL,
  `working_days` INT NOT NULL,
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_hazard_term_name` (`district_id`, `hazard_term_id`),
  KEY `ix_hazard_term_grade` (`district_id`, `grade`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE `hazard_term_history` (
  `row_id` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `hazard_term_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `grade` INT NOT NULL,
  `working_days` INT NOT NULL,
  `history_to` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`, `version`),
  KEY `ix_hazard_term_history_name` (`district_id`, `hazard_term_id`, `history_to`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

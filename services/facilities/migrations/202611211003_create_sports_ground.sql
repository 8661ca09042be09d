CREATE TABLE `sports_ground` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `school_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sports_ground_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(120) NOT NULL,
  `kind` INT NOT NULL,
  `area` DECIMAL(12,2) NULL,
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_sports_ground_name` (`district_id`, `school_id`, `sports_ground_id`),
  KEY `ix_sports_ground_kind` (`district_id`, `kind`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE `sports_ground_history` (
  `row_id` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `school_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sports_ground_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(120) NOT NULL,
  `kind` INT NOT NULL,
  `area` DECIMAL(12,2) NULL,
  `history_to` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`, `version`),
  KEY `ix_sports_ground_history_name` (`district_id`, `school_id`, `sports_ground_id`, `history_to`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `inspection_point` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `school_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `inspection_point_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(120) NOT NULL,
  `area` INT NOT NULL,
  `location` VARCHAR(200) NOT NULL,
  `monthly_patrols` INT NOT NULL,
  `retired` TINYINT NOT NULL,
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_inspection_point_name` (`district_id`, `school_id`, `inspection_point_id`),
  KEY `ix_inspection_point_area` (`district_id`, `area`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE `inspection_point_history` (
  `row_id` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `school_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `inspection_point_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(120) NOT NULL,
  `area` INT NOT NULL,
  `location` VARCHAR(200) NOT NULL,
  `monthly_patrols` INT NOT NULL,
  `retired` TINYINT NOT NULL,
  `history_to` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`, `version`),
  KEY `ix_inspection_point_history_name` (`district_id`, `school_id`, `inspection_point_id`, `history_to`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

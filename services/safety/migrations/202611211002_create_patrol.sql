CREATE TABLE `patrol` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
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
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_patrol_name` (`district_id`, `school_id`, `patrol_id`),
  KEY `ix_patrol_point` (`district_id`, `point`),
  KEY `ix_patrol_patrol_time` (`district_id`, `patrol_time`),
  KEY `ix_patrol_result` (`district_id`, `result`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

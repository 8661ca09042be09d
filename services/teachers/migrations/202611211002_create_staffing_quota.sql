CREATE TABLE `staffing_quota` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `school_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `staffing_quota_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `school_year` INT NOT NULL,
  `post_count` INT NOT NULL,
  `non_teaching_post_count` INT NOT NULL,
  `borrowed_post_count` INT NOT NULL,
  `note` VARCHAR(500) NOT NULL,
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_staffing_quota_name` (`district_id`, `school_id`, `staffing_quota_id`),
  KEY `ix_staffing_quota_school_year` (`district_id`, `school_year`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE `staffing_quota_history` (
  `row_id` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `school_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `staffing_quota_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `school_year` INT NOT NULL,
  `post_count` INT NOT NULL,
  `non_teaching_post_count` INT NOT NULL,
  `borrowed_post_count` INT NOT NULL,
  `note` VARCHAR(500) NOT NULL,
  `history_to` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`, `version`),
  KEY `ix_staffing_quota_history_name` (`district_id`, `school_id`, `staffing_quota_id`, `history_to`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

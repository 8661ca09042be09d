CREATE TABLE `district` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(60) NOT NULL,
  `level` INT NOT NULL,
  `parent` VARCHAR(255) NOT NULL,
  `statistical_only` TINYINT NOT NULL,
  `fictional` TINYINT NOT NULL,
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_district_name` (`district_id`),
  KEY `ix_district_level` (`district_id`, `level`),
  KEY `ix_district_parent` (`district_id`, `parent`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE `district_history` (
  `row_id` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(60) NOT NULL,
  `level` INT NOT NULL,
  `parent` VARCHAR(255) NOT NULL,
  `statistical_only` TINYINT NOT NULL,
  `fictional` TINYINT NOT NULL,
  `history_to` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`, `version`),
  KEY `ix_district_history_name` (`district_id`, `history_to`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `measurement` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `measurement_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `target` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `value` DECIMAL(18,4) NULL,
  `measure_date` DATE NULL,
  `source` VARCHAR(200) NOT NULL,
  `note` VARCHAR(2000) NOT NULL,
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_measurement_name` (`district_id`, `measurement_id`),
  KEY `ix_measurement_target` (`district_id`, `target`),
  KEY `ix_measurement_measure_date` (`district_id`, `measure_date`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE `measurement_history` (
  `row_id` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `measurement_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `target` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `value` DECIMAL(18,4) NULL,
  `measure_date` DATE NULL,
  `source` VARCHAR(200) NOT NULL,
  `note` VARCHAR(2000) NOT NULL,
  `history_to` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`, `version`),
  KEY `ix_measurement_history_name` (`district_id`, `measurement_id`, `history_to`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

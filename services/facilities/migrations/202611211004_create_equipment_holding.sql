CREATE TABLE `equipment_holding` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `school_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `equipment_holding_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(120) NOT NULL,
  `original_value` DECIMAL(16,2) NULL,
  `item_count` INT NOT NULL,
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_equipment_holding_name` (`district_id`, `school_id`, `equipment_holding_id`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE `equipment_holding_history` (
  `row_id` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `school_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `equipment_holding_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(120) NOT NULL,
  `original_value` DECIMAL(16,2) NULL,
  `item_count` INT NOT NULL,
  `history_to` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`, `version`),
  KEY `ix_equipment_holding_history_name` (`district_id`, `school_id`, `equipment_holding_id`, `history_to`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

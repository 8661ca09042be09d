CREATE TABLE `organization` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `organization_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(120) NOT NULL,
  `kind` INT NOT NULL,
  `social_credit_code` VARCHAR(18) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `districts` MEDIUMTEXT NULL,
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_organization_name` (`organization_id`),
  KEY `ix_organization_kind` (`kind`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE `organization_history` (
  `row_id` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `organization_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(120) NOT NULL,
  `kind` INT NOT NULL,
  `social_credit_code` VARCHAR(18) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `districts` MEDIUMTEXT NULL,
  `history_to` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`, `version`),
  KEY `ix_organization_history_name` (`organization_id`, `history_to`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

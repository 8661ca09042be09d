CREATE TABLE `client` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `organization_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `client_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(120) NOT NULL,
  `bindings` MEDIUMTEXT NULL,
  `state` INT NOT NULL,
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_client_name` (`organization_id`, `client_id`),
  KEY `ix_client_state` (`state`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE `client_history` (
  `row_id` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `organization_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `client_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(120) NOT NULL,
  `bindings` MEDIUMTEXT NULL,
  `state` INT NOT NULL,
  `history_to` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`, `version`),
  KEY `ix_client_history_name` (`organization_id`, `client_id`, `history_to`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `user_account` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `organization_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(60) NOT NULL,
  `bindings` MEDIUMTEXT NULL,
  `state` INT NOT NULL,
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_user_account_name` (`organization_id`, `user_id`),
  KEY `ix_user_account_state` (`state`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE `user_account_history` (
  `row_id` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  `organization_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user_id` VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(60) NOT NULL,
  `bindings` MEDIUMTEXT NULL,
  `state` INT NOT NULL,
  `history_to` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`, `version`),
  KEY `ix_user_account_history_name` (`organization_id`, `user_id`, `history_to`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `transition_log` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `resource` VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `field` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `method` VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `from_state` INT NOT NULL,
  `to_state` INT NOT NULL,
  `actor` VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `note` VARCHAR(2000) NOT NULL,
  `request_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  PRIMARY KEY (`row_id`),
  KEY `ix_transition_log_resource` (`resource`, `create_time`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

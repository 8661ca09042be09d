CREATE TABLE `request_log` (
  `principal` VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `request_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `request_hash` BINARY(32) NOT NULL,
  `name` VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `version` BIGINT NOT NULL,
  `create_time` DATETIME(6) NOT NULL,
  PRIMARY KEY (`principal`, `request_id`),
  KEY `ix_request_log_create_time` (`create_time`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `outbox` (
  `row_id` BIGINT NOT NULL AUTO_INCREMENT,
  `event_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `dataset` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `district` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `name` VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kind` TINYINT NOT NULL,
  `payload` LONGBLOB NOT NULL,
  `commit_time` DATETIME(6) NOT NULL,
  `position` BIGINT NULL,
  `sequence` BIGINT NULL,
  PRIMARY KEY (`row_id`),
  UNIQUE KEY `uk_outbox_event_id` (`event_id`),
  UNIQUE KEY `uk_outbox_position` (`position`),
  KEY `ix_outbox_unpublished` (`position`, `row_id`),
  KEY `ix_outbox_feed` (`dataset`, `position`, `district`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

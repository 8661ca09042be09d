CREATE TABLE `feed_cursor` (
  `source` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `dataset` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `position` BIGINT NOT NULL,
  PRIMARY KEY (`source`, `dataset`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

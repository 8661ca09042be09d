CREATE TABLE `feed_counter` (
  `dataset` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `district` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sequence` BIGINT NOT NULL,
  `deleted_position` BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (`dataset`, `district`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The global position.
INSERT INTO `feed_counter` (`dataset`, `district`, `sequence`) VALUES ('', '', 0);

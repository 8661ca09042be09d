CREATE TABLE `lease` (
  `name` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `owner` VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `expire_time` DATETIME(6) NOT NULL,
  `epoch` BIGINT NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

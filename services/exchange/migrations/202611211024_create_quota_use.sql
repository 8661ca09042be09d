CREATE TABLE `quota_use` (
  `agreement` VARCHAR(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `day` DATE NOT NULL,
  `calls` BIGINT NOT NULL,
  `records` BIGINT NOT NULL,
  PRIMARY KEY (`agreement`, `day`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

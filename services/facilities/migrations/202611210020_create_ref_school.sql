CREATE TABLE `ref_school` (
  `name` VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `district_id` CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display_name` VARCHAR(120) NOT NULL,
  `kind` CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `state` INT NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  PRIMARY KEY (`name`),
  KEY `ix_ref_school_district` (`district_id`, `kind`, `state`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

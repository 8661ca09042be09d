-- One allowed access, claimed once.
CREATE TABLE `record_claim` (
  `principal` VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `request_id` VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `chunk` INT NOT NULL,
  `sequence` BIGINT NOT NULL,
  `request_hash` BINARY(32) NOT NULL,
  PRIMARY KEY (`principal`, `request_id`, `chunk`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

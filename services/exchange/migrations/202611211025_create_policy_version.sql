-- One row, raised by every change of an account, an organisation or an agreement.
CREATE TABLE `policy_version` (
  `id` TINYINT NOT NULL,
  `version` BIGINT NOT NULL,
  PRIMARY KEY (`id`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO `policy_version` (`id`, `version`) VALUES (1, 0);

CREATE TABLE `policy_change` (
  `version` BIGINT NOT NULL,
  `name` VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`version`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

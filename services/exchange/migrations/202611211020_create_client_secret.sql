-- scrypt; the secret itself is shown once and kept nowhere.
CREATE TABLE `client_secret` (
  `name` VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `secret_hash` VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `update_time` DATETIME(6) NOT NULL,
  PRIMARY KEY (`name`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

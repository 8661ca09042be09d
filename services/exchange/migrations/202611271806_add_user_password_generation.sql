-- As of client_secret.
ALTER TABLE `user_password` ADD COLUMN `generation` BIGINT NOT NULL DEFAULT 0;

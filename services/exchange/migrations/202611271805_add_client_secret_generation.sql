-- Tokens carry it; raised with every new secret and when the account is disabled, which ends those issued before.
ALTER TABLE `client_secret` ADD COLUMN `generation` BIGINT NOT NULL DEFAULT 0;

ALTER TABLE `access_entry` ADD COLUMN `first_entry` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE `access_entry_history` ADD COLUMN `first_entry` BIGINT NOT NULL DEFAULT 0;

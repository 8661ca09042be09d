ALTER TABLE `access_entry` ADD COLUMN `digest_key_id` VARCHAR(63) NOT NULL DEFAULT '';
ALTER TABLE `access_entry_history` ADD COLUMN `digest_key_id` VARCHAR(63) NOT NULL DEFAULT '';

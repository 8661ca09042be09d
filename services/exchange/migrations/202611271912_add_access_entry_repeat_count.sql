ALTER TABLE `access_entry` ADD COLUMN `repeat_count` INT NOT NULL DEFAULT 0;
ALTER TABLE `access_entry_history` ADD COLUMN `repeat_count` INT NOT NULL DEFAULT 0;

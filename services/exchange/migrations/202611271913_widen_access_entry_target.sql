-- The longest name that a declaration allows has 289 characters.
ALTER TABLE `access_entry` MODIFY COLUMN `target` VARCHAR(500) NOT NULL;
ALTER TABLE `access_entry_history` MODIFY COLUMN `target` VARCHAR(500) NOT NULL;

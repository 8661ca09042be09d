ALTER TABLE `access_entry` ADD COLUMN `read_time` DATETIME(6) NULL, ADD COLUMN `filter_fields` MEDIUMTEXT NULL;
ALTER TABLE `access_entry_history` ADD COLUMN `read_time` DATETIME(6) NULL, ADD COLUMN `filter_fields` MEDIUMTEXT NULL;

-- Entries are of a row, not of its name. Those from before have none.
ALTER TABLE `transition_log` ADD COLUMN `resource_row` BIGINT NULL AFTER `resource`;

-- Up to where the service has done what the events caused. Behind it a copy may be filled once more from the feed's start.
ALTER TABLE `feed_cursor` ADD COLUMN `handled` BIGINT NOT NULL DEFAULT 0;
UPDATE `feed_cursor` SET `handled` = `position` WHERE `handled` < `position`;

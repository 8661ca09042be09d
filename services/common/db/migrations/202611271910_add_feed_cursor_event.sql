-- The event at a position that was read, by which a feed is known that gives its positions once more. A program that knows
-- the position alone moves that one; the event then is of another one, and says nothing.
ALTER TABLE `feed_cursor` ADD COLUMN `event_position` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `event_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';

-- Until now every number was of a resident identity card.
ALTER TABLE `teacher`
  ADD COLUMN `identity_kind` VARCHAR(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '1';
ALTER TABLE `teacher_history`
  ADD COLUMN `identity_kind` VARCHAR(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '1';

-- Another than the user knows the password.
ALTER TABLE `user_password` ADD COLUMN `change_required` BOOLEAN NOT NULL DEFAULT FALSE;

-- Before an agreement goes, the service looks for those that name it.
ALTER TABLE `agreement` ADD KEY `ix_agreement_supersedes` (`supersedes`);

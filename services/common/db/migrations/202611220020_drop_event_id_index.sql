-- Nothing looks an event up by its id, and a random key costs a page of the index per event, for ever.
ALTER TABLE `outbox` DROP KEY `uk_outbox_event_id`;

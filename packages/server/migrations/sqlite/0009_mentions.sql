CREATE TABLE `mentions` (
	`stream_key` integer NOT NULL,
	`seq` integer NOT NULL,
	`user_key` integer NOT NULL,
	PRIMARY KEY(`stream_key`, `seq`, `user_key`),
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `mentions_user_key_index` ON `mentions` (`user_key`,`stream_key`,`seq`);
--> statement-breakpoint
INSERT INTO `mentions` (`stream_key`, `seq`, `user_key`)
SELECT e.`stream_key`, e.`seq`, u.`key`
FROM `events` e JOIN json_each(e.`body`, '$.mentions') AS m JOIN `users` u ON u.`id` = m.`value`
WHERE e.`type` = 20 AND substr(e.`body`, 1, 8) = '{"body":' AND u.`key` <> e.`actor_key` AND u.`erased_at` IS NULL;

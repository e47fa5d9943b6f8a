CREATE TABLE `addressees` (
	`user_key` integer NOT NULL,
	`seq` integer NOT NULL,
	`notification_key` integer NOT NULL,
	`read_at` integer,
	PRIMARY KEY(`user_key`, `seq`),
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`notification_key`) REFERENCES `notifications`(`key`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `addressees_notification_key_unique` ON `addressees` (`notification_key`,`user_key`);--> statement-breakpoint
CREATE TABLE `notifications` (
	`key` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`sender_key` integer NOT NULL,
	`client_notification_id` text NOT NULL,
	`payload_hash` integer NOT NULL,
	`kind` text NOT NULL,
	`title` text NOT NULL,
	`body` text,
	`link` text,
	`data` text,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`for_users_to` integer NOT NULL,
	`given_to` integer NOT NULL,
	`users` integer NOT NULL,
	`finished_at` integer,
	FOREIGN KEY (`sender_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `notifications_id_unique` ON `notifications` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `notifications_client_notification_id_unique` ON `notifications` (`client_notification_id`,`sender_key`);--> statement-breakpoint
CREATE INDEX `notifications_unfinished_index` ON `notifications` (`key`) WHERE finished_at is null;--> statement-breakpoint
CREATE TABLE `search_documents` (
	`key` integer PRIMARY KEY NOT NULL,
	`stream_key` integer NOT NULL,
	`seq` integer NOT NULL,
	`tokens` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `search_documents_place_unique` ON `search_documents` (`stream_key`,`seq`);--> statement-breakpoint
CREATE TABLE `search_progress` (
	`stream_key` integer PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL
);
--> statement-breakpoint
CREATE VIRTUAL TABLE `search_index` USING fts5(tokens, content='search_documents', content_rowid='key', tokenize='ascii', detail=none, columnsize=0);
--> statement-breakpoint
INSERT INTO `search_index`(`search_index`, `rank`) VALUES('secure-delete', 1);
--> statement-breakpoint
CREATE TRIGGER `search_documents_inserted` AFTER INSERT ON `search_documents` BEGIN
	INSERT INTO `search_index`(`rowid`, `tokens`) VALUES (new.`key`, new.`tokens`);
END;
--> statement-breakpoint
CREATE TRIGGER `search_documents_deleted` AFTER DELETE ON `search_documents` BEGIN
	INSERT INTO `search_index`(`search_index`, `rowid`, `tokens`) VALUES ('delete', old.`key`, old.`tokens`);
END;

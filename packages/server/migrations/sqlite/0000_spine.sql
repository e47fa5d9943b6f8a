CREATE TABLE `conversations` (
	`key` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`name` text,
	`direct_key` text,
	`join_policy` text NOT NULL,
	`history` text NOT NULL,
	`client_conversation_id` text,
	`payload_hash` integer,
	`created_by` integer NOT NULL,
	`message_stream_key` integer NOT NULL,
	`receipt_stream_key` integer NOT NULL,
	`member_count` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`message_stream_key`) REFERENCES `streams`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`receipt_stream_key`) REFERENCES `streams`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_id_unique` ON `conversations` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_direct_key_unique` ON `conversations` (`direct_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_client_conversation_id_unique` ON `conversations` (`client_conversation_id`,`created_by`) WHERE client_conversation_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_message_stream_key_unique` ON `conversations` (`message_stream_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_receipt_stream_key_unique` ON `conversations` (`receipt_stream_key`);--> statement-breakpoint
CREATE TABLE `device_cursors` (
	`session_key` integer NOT NULL,
	`stream_key` integer NOT NULL,
	`seq` integer NOT NULL,
	`tag` integer NOT NULL,
	PRIMARY KEY(`session_key`, `stream_key`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `events` (
	`stream_key` integer NOT NULL,
	`seq` integer NOT NULL,
	`ts` integer NOT NULL,
	`type` integer NOT NULL,
	`tag` integer NOT NULL,
	`actor_key` integer,
	`message_id` text,
	`client_message_id` text,
	`payload_hash` integer,
	`edited_at` integer,
	`edit_seq` integer,
	`body` text NOT NULL,
	PRIMARY KEY(`stream_key`, `seq`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_message_id_unique` ON `events` (`message_id`,`stream_key`) WHERE message_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX `events_client_message_id_unique` ON `events` (`client_message_id`,`stream_key`,`actor_key`) WHERE client_message_id is not null;--> statement-breakpoint
CREATE TABLE `members` (
	`conversation_key` integer NOT NULL,
	`user_key` integer NOT NULL,
	`role` text NOT NULL,
	`state` text NOT NULL,
	`delivered_seq` integer DEFAULT 0 NOT NULL,
	`read_seq` integer DEFAULT 0 NOT NULL,
	`unread_from` integer,
	`joined_at` integer NOT NULL,
	`left_at` integer,
	PRIMARY KEY(`conversation_key`, `user_key`),
	FOREIGN KEY (`conversation_key`) REFERENCES `conversations`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `members_user_key_index` ON `members` (`user_key`,`state`);--> statement-breakpoint
CREATE TABLE `refresh_tokens` (
	`digest` text PRIMARY KEY NOT NULL,
	`session_key` integer NOT NULL,
	`generation` integer NOT NULL,
	`salt` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`session_key`) REFERENCES `sessions`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_session_key_index` ON `refresh_tokens` (`session_key`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`key` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`user_key` integer NOT NULL,
	`device_id` text,
	`platform` text,
	`model` text,
	`build` integer,
	`name` text,
	`merged_into` integer,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`revoked_at` integer,
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_id_unique` ON `sessions` (`id`);--> statement-breakpoint
CREATE INDEX `sessions_user_key_index` ON `sessions` (`user_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_device_unique` ON `sessions` (`user_key`,`device_id`) WHERE device_id is not null and revoked_at is null and merged_into is null;--> statement-breakpoint
CREATE TABLE `settings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `spans` (
	`stream_key` integer NOT NULL,
	`user_key` integer NOT NULL,
	`from_seq` integer NOT NULL,
	`to_seq` integer,
	`ended_ts` integer,
	PRIMARY KEY(`stream_key`, `user_key`, `from_seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `spans_user_key_index` ON `spans` (`user_key`,`stream_key`);--> statement-breakpoint
CREATE TABLE `streams` (
	`key` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`head` integer DEFAULT 0 NOT NULL,
	`head_tag` integer DEFAULT 0 NOT NULL,
	`floor` integer DEFAULT 0 NOT NULL,
	`last_ts` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `streams_name_unique` ON `streams` (`name`);--> statement-breakpoint
CREATE TABLE `tickets` (
	`digest` text PRIMARY KEY NOT NULL,
	`session_key` integer NOT NULL,
	`origin` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`session_key`) REFERENCES `sessions`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `users` (
	`key` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`username` text NOT NULL,
	`username_key` text NOT NULL,
	`email` text,
	`email_key` text,
	`password_hash` text NOT NULL,
	`first_name` text,
	`last_name` text,
	`phone` text,
	`role` text DEFAULT 'user' NOT NULL,
	`stream_key` integer NOT NULL,
	`created_at` integer NOT NULL,
	`suspended_at` integer,
	`last_seen_at` integer,
	FOREIGN KEY (`stream_key`) REFERENCES `streams`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_id_unique` ON `users` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_username_key_unique` ON `users` (`username_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_key_unique` ON `users` (`email_key`);

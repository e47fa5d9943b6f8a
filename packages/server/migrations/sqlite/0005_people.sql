CREATE TABLE `bans` (
	`conversation_key` integer NOT NULL,
	`user_key` integer NOT NULL,
	`banned_by` integer NOT NULL,
	`banned_at` integer NOT NULL,
	PRIMARY KEY(`conversation_key`, `user_key`),
	FOREIGN KEY (`conversation_key`) REFERENCES `conversations`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`banned_by`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `bans_user_key_index` ON `bans` (`user_key`);--> statement-breakpoint
CREATE TABLE `blocks` (
	`user_key` integer NOT NULL,
	`blocked_key` integer NOT NULL,
	`since` integer NOT NULL,
	PRIMARY KEY(`user_key`, `blocked_key`),
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`blocked_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `blocks_blocked_key_index` ON `blocks` (`blocked_key`);--> statement-breakpoint
CREATE TABLE `contacts` (
	`user_key` integer NOT NULL,
	`other_key` integer NOT NULL,
	`state` text NOT NULL,
	`since` integer NOT NULL,
	PRIMARY KEY(`user_key`, `other_key`),
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`other_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `erasures` (
	`user_key` integer PRIMARY KEY NOT NULL,
	`begun_at` integer NOT NULL,
	`stream_key` integer NOT NULL,
	`seq` integer NOT NULL,
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `invitations` (
	`key` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`digest` text NOT NULL,
	`conversation_key` integer NOT NULL,
	`created_by` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`max_uses` integer,
	`uses` integer NOT NULL,
	FOREIGN KEY (`conversation_key`) REFERENCES `conversations`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invitations_id_unique` ON `invitations` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `invitations_digest_unique` ON `invitations` (`digest`);--> statement-breakpoint
CREATE INDEX `invitations_conversation_key_index` ON `invitations` (`conversation_key`);--> statement-breakpoint
CREATE TABLE `mail_codes` (
	`digest` text PRIMARY KEY NOT NULL,
	`user_key` integer NOT NULL,
	`purpose` text NOT NULL,
	`email_key` text NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `mail_codes_user_key_index` ON `mail_codes` (`user_key`);--> statement-breakpoint
ALTER TABLE `members` ADD `barred_until` integer;--> statement-breakpoint
ALTER TABLE `spans` ADD `barred_until` integer;--> statement-breakpoint
ALTER TABLE `users` ADD `display_name` text;--> statement-breakpoint
ALTER TABLE `users` ADD `about` text;--> statement-breakpoint
ALTER TABLE `users` ADD `avatar_url` text;--> statement-breakpoint
ALTER TABLE `users` ADD `email_verified_at` integer;--> statement-breakpoint
ALTER TABLE `users` ADD `presence_for` text DEFAULT 'everybody' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `erased_at` integer;
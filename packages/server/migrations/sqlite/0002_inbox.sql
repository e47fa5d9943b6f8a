CREATE TABLE `preferences` (
	`conversation_key` integer NOT NULL,
	`user_key` integer NOT NULL,
	`muted_until` integer,
	`archived` integer DEFAULT 0 NOT NULL,
	`pinned_at` integer,
	`data` text,
	PRIMARY KEY(`user_key`, `conversation_key`),
	FOREIGN KEY (`conversation_key`) REFERENCES `conversations`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
ALTER TABLE `conversations` ADD `data` text;--> statement-breakpoint
ALTER TABLE `members` ADD `private_read_seq` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `members` ADD `cleared_seq` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `members` ADD `hidden` integer DEFAULT 0 NOT NULL;
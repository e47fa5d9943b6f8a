CREATE TABLE `hidden_messages` (
	`stream_key` integer NOT NULL,
	`seq` integer NOT NULL,
	`user_key` integer NOT NULL,
	PRIMARY KEY(`stream_key`, `seq`, `user_key`),
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `message_versions` (
	`stream_key` integer NOT NULL,
	`seq` integer NOT NULL,
	`written_at` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`stream_key`, `seq`, `written_at`)
);
--> statement-breakpoint
CREATE TABLE `reactions` (
	`stream_key` integer NOT NULL,
	`seq` integer NOT NULL,
	`reaction` text NOT NULL,
	`user_key` integer NOT NULL,
	PRIMARY KEY(`stream_key`, `seq`, `reaction`, `user_key`),
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;

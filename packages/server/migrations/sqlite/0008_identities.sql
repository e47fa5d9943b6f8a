CREATE TABLE `external_sessions` (
	`digest` text PRIMARY KEY NOT NULL,
	`session_key` integer NOT NULL,
	`refused_until` integer NOT NULL,
	FOREIGN KEY (`session_key`) REFERENCES `sessions`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `external_sessions_session_key_index` ON `external_sessions` (`session_key`);--> statement-breakpoint
CREATE TABLE `provider_sign_ins` (
	`digest` text PRIMARY KEY NOT NULL,
	`provider` text NOT NULL,
	`redirect_uri` text NOT NULL,
	`app_state` text,
	`verifier_digest` text NOT NULL,
	`state_digest` text,
	`returned_at` integer,
	`code_digest` text,
	`issuer` text,
	`subject` text,
	`name` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `provider_sign_ins_state_unique` ON `provider_sign_ins` (`state_digest`);--> statement-breakpoint
CREATE UNIQUE INDEX `provider_sign_ins_code_unique` ON `provider_sign_ins` (`code_digest`);--> statement-breakpoint
CREATE INDEX `provider_sign_ins_expires_at_index` ON `provider_sign_ins` (`expires_at`);--> statement-breakpoint
ALTER TABLE `tickets` ADD `ends_at` integer;
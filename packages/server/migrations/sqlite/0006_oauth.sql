CREATE TABLE `audit_entries` (
	`key` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor_key` integer,
	`action` text NOT NULL,
	`target` text,
	`details` text,
	FOREIGN KEY (`actor_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `audit_entries_target_index` ON `audit_entries` (`target`,`key`);--> statement-breakpoint
CREATE TABLE `linked_identities` (
	`issuer` text NOT NULL,
	`subject` text NOT NULL,
	`user_key` integer NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	PRIMARY KEY(`issuer`, `subject`),
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `linked_identities_user_key_index` ON `linked_identities` (`user_key`);--> statement-breakpoint
CREATE TABLE `oauth_access_tokens` (
	`digest` text PRIMARY KEY NOT NULL,
	`client_key` integer NOT NULL,
	`session_key` integer,
	`scope` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`revoked_at` integer,
	FOREIGN KEY (`client_key`) REFERENCES `oauth_clients`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`session_key`) REFERENCES `sessions`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `oauth_access_tokens_session_key_index` ON `oauth_access_tokens` (`session_key`);--> statement-breakpoint
CREATE INDEX `oauth_access_tokens_client_key_index` ON `oauth_access_tokens` (`client_key`);--> statement-breakpoint
CREATE TABLE `oauth_authorization_codes` (
	`digest` text PRIMARY KEY NOT NULL,
	`consent_key` integer NOT NULL,
	`redirect_uri` text NOT NULL,
	`redirect_named` integer NOT NULL,
	`scope` text NOT NULL,
	`code_challenge` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	`session_key` integer,
	FOREIGN KEY (`consent_key`) REFERENCES `oauth_consents`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`session_key`) REFERENCES `sessions`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `oauth_authorization_codes_session_key_index` ON `oauth_authorization_codes` (`session_key`);--> statement-breakpoint
CREATE TABLE `oauth_client_scopes` (
	`client_key` integer NOT NULL,
	`scope` text NOT NULL,
	`approved_by` integer NOT NULL,
	`approved_at` integer NOT NULL,
	PRIMARY KEY(`client_key`, `scope`),
	FOREIGN KEY (`client_key`) REFERENCES `oauth_clients`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`approved_by`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `oauth_clients` (
	`key` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`secret_digest` text,
	`name` text NOT NULL,
	`description` text,
	`client_uri` text,
	`logo_uri` text,
	`creator_key` integer NOT NULL,
	`state` text NOT NULL,
	`suspended_at` integer,
	`deleted_at` integer,
	`grant_types` text NOT NULL,
	`legacy_switches` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`creator_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `oauth_clients_id_unique` ON `oauth_clients` (`id`);--> statement-breakpoint
CREATE INDEX `oauth_clients_creator_key_index` ON `oauth_clients` (`creator_key`);--> statement-breakpoint
CREATE TABLE `oauth_consent_conversations` (
	`consent_key` integer NOT NULL,
	`conversation_key` integer NOT NULL,
	PRIMARY KEY(`consent_key`, `conversation_key`),
	FOREIGN KEY (`consent_key`) REFERENCES `oauth_consents`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`conversation_key`) REFERENCES `conversations`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `oauth_consents` (
	`key` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`client_key` integer NOT NULL,
	`user_key` integer NOT NULL,
	`scope` text NOT NULL,
	`limited` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`revoked_at` integer,
	FOREIGN KEY (`client_key`) REFERENCES `oauth_clients`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `oauth_consents_id_unique` ON `oauth_consents` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `oauth_consents_user_key_unique` ON `oauth_consents` (`user_key`,`client_key`);--> statement-breakpoint
CREATE INDEX `oauth_consents_client_key_index` ON `oauth_consents` (`client_key`);--> statement-breakpoint
CREATE TABLE `oauth_redirect_uris` (
	`client_key` integer NOT NULL,
	`redirect_uri` text NOT NULL,
	`position` integer NOT NULL,
	PRIMARY KEY(`client_key`, `redirect_uri`),
	FOREIGN KEY (`client_key`) REFERENCES `oauth_clients`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `oauth_reviews` (
	`key` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`client_key` integer NOT NULL,
	`kind` text NOT NULL,
	`scopes` text NOT NULL,
	`reason` text,
	`state` text NOT NULL,
	`reviewer_key` integer,
	`answer` text,
	`created_at` integer NOT NULL,
	`reviewed_at` integer,
	FOREIGN KEY (`client_key`) REFERENCES `oauth_clients`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`reviewer_key`) REFERENCES `users`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `oauth_reviews_id_unique` ON `oauth_reviews` (`id`);--> statement-breakpoint
CREATE INDEX `oauth_reviews_client_key_index` ON `oauth_reviews` (`client_key`,`state`);--> statement-breakpoint
CREATE INDEX `oauth_reviews_state_index` ON `oauth_reviews` (`state`,`key`);--> statement-breakpoint
CREATE TABLE `oauth_scopes` (
	`name` text PRIMARY KEY NOT NULL,
	`description` text NOT NULL,
	`base` integer DEFAULT 0 NOT NULL,
	`restricted` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `page_sessions` (
	`digest` text PRIMARY KEY NOT NULL,
	`session_key` integer NOT NULL,
	`authenticated_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`session_key`) REFERENCES `sessions`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `page_sessions_session_key_index` ON `page_sessions` (`session_key`);--> statement-breakpoint
CREATE TABLE `used_secrets` (
	`digest` text PRIMARY KEY NOT NULL,
	`used_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `sessions` ADD `client_key` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `consent_key` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `scope` text;--> statement-breakpoint
CREATE INDEX `sessions_client_key_index` ON `sessions` (`client_key`,`user_key`) WHERE client_key is not null;--> statement-breakpoint
ALTER TABLE `tickets` ADD `scope` text;--> statement-breakpoint
CREATE TRIGGER `audit_entries_refuse_update` BEFORE UPDATE ON `audit_entries` BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_entries_refuse_delete` BEFORE DELETE ON `audit_entries` BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;

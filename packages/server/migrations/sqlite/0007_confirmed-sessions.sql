DROP TABLE `page_sessions`;--> statement-breakpoint
ALTER TABLE `sessions` ADD `confirmed_at` integer;
CREATE TABLE `guess_counts` (
	`digest` text PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`ends_at` integer NOT NULL
);

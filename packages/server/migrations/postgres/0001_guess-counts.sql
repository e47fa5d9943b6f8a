CREATE TABLE "guess_counts" (
	"digest" text COLLATE "C" PRIMARY KEY NOT NULL,
	"count" bigint NOT NULL,
	"ends_at" bigint NOT NULL
);

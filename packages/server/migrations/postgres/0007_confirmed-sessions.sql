DROP TABLE "page_sessions" CASCADE;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "confirmed_at" bigint;
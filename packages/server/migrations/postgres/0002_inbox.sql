CREATE TABLE "preferences" (
	"conversation_key" bigint NOT NULL,
	"user_key" bigint NOT NULL,
	"muted_until" bigint,
	"archived" smallint DEFAULT 0 NOT NULL,
	"pinned_at" bigint,
	"data" json,
	CONSTRAINT "preferences_pk" PRIMARY KEY("user_key","conversation_key")
);
--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "data" json;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "private_read_seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "cleared_seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "hidden" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "preferences" ADD CONSTRAINT "preferences_conversation_key_conversations_key_fk" FOREIGN KEY ("conversation_key") REFERENCES "public"."conversations"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "preferences" ADD CONSTRAINT "preferences_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;
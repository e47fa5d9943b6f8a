CREATE TABLE "bans" (
	"conversation_key" bigint NOT NULL,
	"user_key" bigint NOT NULL,
	"banned_by" bigint NOT NULL,
	"banned_at" bigint NOT NULL,
	CONSTRAINT "bans_pk" PRIMARY KEY("conversation_key","user_key")
);
--> statement-breakpoint
CREATE TABLE "blocks" (
	"user_key" bigint NOT NULL,
	"blocked_key" bigint NOT NULL,
	"since" bigint NOT NULL,
	CONSTRAINT "blocks_pk" PRIMARY KEY("user_key","blocked_key")
);
--> statement-breakpoint
CREATE TABLE "contacts" (
	"user_key" bigint NOT NULL,
	"other_key" bigint NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"since" bigint NOT NULL,
	CONSTRAINT "contacts_pk" PRIMARY KEY("user_key","other_key")
);
--> statement-breakpoint
CREATE TABLE "erasures" (
	"user_key" bigint PRIMARY KEY NOT NULL,
	"begun_at" bigint NOT NULL,
	"stream_key" bigint NOT NULL,
	"seq" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "invitations" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "invitations_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text COLLATE "C" NOT NULL,
	"digest" text COLLATE "C" NOT NULL,
	"conversation_key" bigint NOT NULL,
	"created_by" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint,
	"max_uses" bigint,
	"uses" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mail_codes" (
	"digest" text COLLATE "C" PRIMARY KEY NOT NULL,
	"user_key" bigint NOT NULL,
	"purpose" text COLLATE "C" NOT NULL,
	"email_key" text COLLATE "C" NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "barred_until" bigint;--> statement-breakpoint
ALTER TABLE "spans" ADD COLUMN "barred_until" bigint;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "display_name" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "about" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "avatar_url" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "email_verified_at" bigint;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "presence_for" text COLLATE "C" DEFAULT 'everybody' NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "erased_at" bigint;--> statement-breakpoint
ALTER TABLE "bans" ADD CONSTRAINT "bans_conversation_key_conversations_key_fk" FOREIGN KEY ("conversation_key") REFERENCES "public"."conversations"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bans" ADD CONSTRAINT "bans_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bans" ADD CONSTRAINT "bans_banned_by_users_key_fk" FOREIGN KEY ("banned_by") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "blocks" ADD CONSTRAINT "blocks_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "blocks" ADD CONSTRAINT "blocks_blocked_key_users_key_fk" FOREIGN KEY ("blocked_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_other_key_users_key_fk" FOREIGN KEY ("other_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "erasures" ADD CONSTRAINT "erasures_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_conversation_key_conversations_key_fk" FOREIGN KEY ("conversation_key") REFERENCES "public"."conversations"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_created_by_users_key_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mail_codes" ADD CONSTRAINT "mail_codes_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "bans_user_key_index" ON "bans" USING btree ("user_key");--> statement-breakpoint
CREATE INDEX "blocks_blocked_key_index" ON "blocks" USING btree ("blocked_key");--> statement-breakpoint
CREATE UNIQUE INDEX "invitations_id_unique" ON "invitations" USING btree ("id");--> statement-breakpoint
CREATE UNIQUE INDEX "invitations_digest_unique" ON "invitations" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "invitations_conversation_key_index" ON "invitations" USING btree ("conversation_key");--> statement-breakpoint
CREATE INDEX "mail_codes_user_key_index" ON "mail_codes" USING btree ("user_key");
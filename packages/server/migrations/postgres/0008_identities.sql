CREATE TABLE "external_sessions" (
	"digest" text COLLATE "C" PRIMARY KEY NOT NULL,
	"session_key" bigint NOT NULL,
	"refused_until" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "provider_sign_ins" (
	"digest" text COLLATE "C" PRIMARY KEY NOT NULL,
	"provider" text COLLATE "C" NOT NULL,
	"redirect_uri" text COLLATE "C" NOT NULL,
	"app_state" text COLLATE "C",
	"verifier_digest" text COLLATE "C" NOT NULL,
	"state_digest" text COLLATE "C",
	"returned_at" bigint,
	"code_digest" text COLLATE "C",
	"issuer" text COLLATE "C",
	"subject" text COLLATE "C",
	"name" text COLLATE "C",
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"used_at" bigint
);
--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "ends_at" bigint;--> statement-breakpoint
ALTER TABLE "external_sessions" ADD CONSTRAINT "external_sessions_session_key_sessions_key_fk" FOREIGN KEY ("session_key") REFERENCES "public"."sessions"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "external_sessions_session_key_index" ON "external_sessions" USING btree ("session_key");--> statement-breakpoint
CREATE UNIQUE INDEX "provider_sign_ins_state_unique" ON "provider_sign_ins" USING btree ("state_digest");--> statement-breakpoint
CREATE UNIQUE INDEX "provider_sign_ins_code_unique" ON "provider_sign_ins" USING btree ("code_digest");--> statement-breakpoint
CREATE INDEX "provider_sign_ins_expires_at_index" ON "provider_sign_ins" USING btree ("expires_at");
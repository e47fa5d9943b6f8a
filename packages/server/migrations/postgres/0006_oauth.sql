CREATE TABLE "audit_entries" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_entries_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" bigint NOT NULL,
	"actor_key" bigint,
	"action" text COLLATE "C" NOT NULL,
	"target" text COLLATE "C",
	"details" json
);
--> statement-breakpoint
CREATE TABLE "linked_identities" (
	"issuer" text COLLATE "C" NOT NULL,
	"subject" text COLLATE "C" NOT NULL,
	"user_key" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"last_used_at" bigint,
	CONSTRAINT "linked_identities_pk" PRIMARY KEY("issuer","subject")
);
--> statement-breakpoint
CREATE TABLE "oauth_access_tokens" (
	"digest" text COLLATE "C" PRIMARY KEY NOT NULL,
	"client_key" bigint NOT NULL,
	"session_key" bigint,
	"scope" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"revoked_at" bigint
);
--> statement-breakpoint
CREATE TABLE "oauth_authorization_codes" (
	"digest" text COLLATE "C" PRIMARY KEY NOT NULL,
	"consent_key" bigint NOT NULL,
	"redirect_uri" text COLLATE "C" NOT NULL,
	"redirect_named" smallint NOT NULL,
	"scope" text COLLATE "C" NOT NULL,
	"code_challenge" text COLLATE "C",
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"used_at" bigint,
	"session_key" bigint
);
--> statement-breakpoint
CREATE TABLE "oauth_client_scopes" (
	"client_key" bigint NOT NULL,
	"scope" text COLLATE "C" NOT NULL,
	"approved_by" bigint NOT NULL,
	"approved_at" bigint NOT NULL,
	CONSTRAINT "oauth_client_scopes_pk" PRIMARY KEY("client_key","scope")
);
--> statement-breakpoint
CREATE TABLE "oauth_clients" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "oauth_clients_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text COLLATE "C" NOT NULL,
	"secret_digest" text COLLATE "C",
	"name" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C",
	"client_uri" text COLLATE "C",
	"logo_uri" text COLLATE "C",
	"creator_key" bigint NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"suspended_at" bigint,
	"deleted_at" bigint,
	"grant_types" json NOT NULL,
	"legacy_switches" json NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "oauth_consent_conversations" (
	"consent_key" bigint NOT NULL,
	"conversation_key" bigint NOT NULL,
	CONSTRAINT "oauth_consent_conversations_pk" PRIMARY KEY("consent_key","conversation_key")
);
--> statement-breakpoint
CREATE TABLE "oauth_consents" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "oauth_consents_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text COLLATE "C" NOT NULL,
	"client_key" bigint NOT NULL,
	"user_key" bigint NOT NULL,
	"scope" text COLLATE "C" NOT NULL,
	"limited" smallint DEFAULT 0 NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"revoked_at" bigint
);
--> statement-breakpoint
CREATE TABLE "oauth_redirect_uris" (
	"client_key" bigint NOT NULL,
	"redirect_uri" text COLLATE "C" NOT NULL,
	"position" bigint NOT NULL,
	CONSTRAINT "oauth_redirect_uris_pk" PRIMARY KEY("client_key","redirect_uri")
);
--> statement-breakpoint
CREATE TABLE "oauth_reviews" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "oauth_reviews_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text COLLATE "C" NOT NULL,
	"client_key" bigint NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"scopes" json NOT NULL,
	"reason" text COLLATE "C",
	"state" text COLLATE "C" NOT NULL,
	"reviewer_key" bigint,
	"answer" text COLLATE "C",
	"created_at" bigint NOT NULL,
	"reviewed_at" bigint
);
--> statement-breakpoint
CREATE TABLE "oauth_scopes" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL,
	"description" text COLLATE "C" NOT NULL,
	"base" smallint DEFAULT 0 NOT NULL,
	"restricted" smallint DEFAULT 0 NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "page_sessions" (
	"digest" text COLLATE "C" PRIMARY KEY NOT NULL,
	"session_key" bigint NOT NULL,
	"authenticated_at" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "used_secrets" (
	"digest" text COLLATE "C" PRIMARY KEY NOT NULL,
	"used_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "client_key" bigint;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "consent_key" bigint;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "scope" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "scope" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "audit_entries" ADD CONSTRAINT "audit_entries_actor_key_users_key_fk" FOREIGN KEY ("actor_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "linked_identities" ADD CONSTRAINT "linked_identities_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_access_tokens" ADD CONSTRAINT "oauth_access_tokens_client_key_oauth_clients_key_fk" FOREIGN KEY ("client_key") REFERENCES "public"."oauth_clients"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_access_tokens" ADD CONSTRAINT "oauth_access_tokens_session_key_sessions_key_fk" FOREIGN KEY ("session_key") REFERENCES "public"."sessions"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_authorization_codes" ADD CONSTRAINT "oauth_authorization_codes_consent_key_oauth_consents_key_fk" FOREIGN KEY ("consent_key") REFERENCES "public"."oauth_consents"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_authorization_codes" ADD CONSTRAINT "oauth_authorization_codes_session_key_sessions_key_fk" FOREIGN KEY ("session_key") REFERENCES "public"."sessions"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_client_scopes" ADD CONSTRAINT "oauth_client_scopes_client_key_oauth_clients_key_fk" FOREIGN KEY ("client_key") REFERENCES "public"."oauth_clients"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_client_scopes" ADD CONSTRAINT "oauth_client_scopes_approved_by_users_key_fk" FOREIGN KEY ("approved_by") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_clients" ADD CONSTRAINT "oauth_clients_creator_key_users_key_fk" FOREIGN KEY ("creator_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_consent_conversations" ADD CONSTRAINT "oauth_consent_conversations_consent_key_oauth_consents_key_fk" FOREIGN KEY ("consent_key") REFERENCES "public"."oauth_consents"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_consent_conversations" ADD CONSTRAINT "oauth_consent_conversations_conversation_key_conversations_key_fk" FOREIGN KEY ("conversation_key") REFERENCES "public"."conversations"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_consents" ADD CONSTRAINT "oauth_consents_client_key_oauth_clients_key_fk" FOREIGN KEY ("client_key") REFERENCES "public"."oauth_clients"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_consents" ADD CONSTRAINT "oauth_consents_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_redirect_uris" ADD CONSTRAINT "oauth_redirect_uris_client_key_oauth_clients_key_fk" FOREIGN KEY ("client_key") REFERENCES "public"."oauth_clients"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_reviews" ADD CONSTRAINT "oauth_reviews_client_key_oauth_clients_key_fk" FOREIGN KEY ("client_key") REFERENCES "public"."oauth_clients"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_reviews" ADD CONSTRAINT "oauth_reviews_reviewer_key_users_key_fk" FOREIGN KEY ("reviewer_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "page_sessions" ADD CONSTRAINT "page_sessions_session_key_sessions_key_fk" FOREIGN KEY ("session_key") REFERENCES "public"."sessions"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_entries_target_index" ON "audit_entries" USING btree ("target","key");--> statement-breakpoint
CREATE INDEX "linked_identities_user_key_index" ON "linked_identities" USING btree ("user_key");--> statement-breakpoint
CREATE INDEX "oauth_access_tokens_session_key_index" ON "oauth_access_tokens" USING btree ("session_key");--> statement-breakpoint
CREATE INDEX "oauth_access_tokens_client_key_index" ON "oauth_access_tokens" USING btree ("client_key");--> statement-breakpoint
CREATE INDEX "oauth_authorization_codes_session_key_index" ON "oauth_authorization_codes" USING btree ("session_key");--> statement-breakpoint
CREATE UNIQUE INDEX "oauth_clients_id_unique" ON "oauth_clients" USING btree ("id");--> statement-breakpoint
CREATE INDEX "oauth_clients_creator_key_index" ON "oauth_clients" USING btree ("creator_key");--> statement-breakpoint
CREATE UNIQUE INDEX "oauth_consents_id_unique" ON "oauth_consents" USING btree ("id");--> statement-breakpoint
CREATE UNIQUE INDEX "oauth_consents_user_key_unique" ON "oauth_consents" USING btree ("user_key","client_key");--> statement-breakpoint
CREATE INDEX "oauth_consents_client_key_index" ON "oauth_consents" USING btree ("client_key");--> statement-breakpoint
CREATE UNIQUE INDEX "oauth_reviews_id_unique" ON "oauth_reviews" USING btree ("id");--> statement-breakpoint
CREATE INDEX "oauth_reviews_client_key_index" ON "oauth_reviews" USING btree ("client_key","state");--> statement-breakpoint
CREATE INDEX "oauth_reviews_state_index" ON "oauth_reviews" USING btree ("state","key");--> statement-breakpoint
CREATE INDEX "page_sessions_session_key_index" ON "page_sessions" USING btree ("session_key");--> statement-breakpoint
CREATE INDEX "sessions_client_key_index" ON "sessions" USING btree ("client_key","user_key") WHERE client_key is not null;--> statement-breakpoint
CREATE FUNCTION "refuse_audit_change"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit log is only added to'; END $$;
--> statement-breakpoint
CREATE TRIGGER "audit_entries_refuse_change" BEFORE UPDATE OR DELETE ON "audit_entries" FOR EACH ROW EXECUTE FUNCTION "refuse_audit_change"();
--> statement-breakpoint
CREATE TRIGGER "audit_entries_refuse_truncate" BEFORE TRUNCATE ON "audit_entries" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_audit_change"();

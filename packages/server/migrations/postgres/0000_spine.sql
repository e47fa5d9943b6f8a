CREATE TABLE "conversations" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "conversations_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text COLLATE "C" NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C",
	"direct_key" text COLLATE "C",
	"join_policy" text COLLATE "C" NOT NULL,
	"history" text COLLATE "C" NOT NULL,
	"client_conversation_id" text COLLATE "C",
	"payload_hash" bigint,
	"created_by" bigint NOT NULL,
	"message_stream_key" bigint NOT NULL,
	"receipt_stream_key" bigint NOT NULL,
	"member_count" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "device_cursors" (
	"session_key" bigint NOT NULL,
	"stream_key" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"tag" bigint NOT NULL,
	CONSTRAINT "device_cursors_pk" PRIMARY KEY("session_key","stream_key")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"stream_key" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"ts" bigint NOT NULL,
	"type" smallint NOT NULL,
	"tag" bigint NOT NULL,
	"actor_key" bigint,
	"message_id" text COLLATE "C",
	"client_message_id" text COLLATE "C",
	"payload_hash" bigint,
	"edited_at" bigint,
	"edit_seq" bigint,
	"body" json NOT NULL,
	CONSTRAINT "events_pk" PRIMARY KEY("stream_key","seq")
);
--> statement-breakpoint
CREATE TABLE "members" (
	"conversation_key" bigint NOT NULL,
	"user_key" bigint NOT NULL,
	"role" text COLLATE "C" NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"delivered_seq" bigint DEFAULT 0 NOT NULL,
	"read_seq" bigint DEFAULT 0 NOT NULL,
	"unread_from" bigint,
	"joined_at" bigint NOT NULL,
	"left_at" bigint,
	CONSTRAINT "members_pk" PRIMARY KEY("conversation_key","user_key")
);
--> statement-breakpoint
CREATE TABLE "refresh_tokens" (
	"digest" text COLLATE "C" PRIMARY KEY NOT NULL,
	"session_key" bigint NOT NULL,
	"generation" bigint NOT NULL,
	"salt" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sessions_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text COLLATE "C" NOT NULL,
	"user_key" bigint NOT NULL,
	"device_id" text COLLATE "C",
	"platform" text COLLATE "C",
	"model" text COLLATE "C",
	"build" bigint,
	"name" text COLLATE "C",
	"merged_into" bigint,
	"created_at" bigint NOT NULL,
	"last_seen_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"revoked_at" bigint
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL,
	"value" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "spans" (
	"stream_key" bigint NOT NULL,
	"user_key" bigint NOT NULL,
	"from_seq" bigint NOT NULL,
	"to_seq" bigint,
	"ended_ts" bigint,
	CONSTRAINT "spans_pk" PRIMARY KEY("stream_key","user_key","from_seq")
);
--> statement-breakpoint
CREATE TABLE "streams" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "streams_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text COLLATE "C" NOT NULL,
	"head" bigint DEFAULT 0 NOT NULL,
	"head_tag" bigint DEFAULT 0 NOT NULL,
	"floor" bigint DEFAULT 0 NOT NULL,
	"last_ts" bigint DEFAULT 0 NOT NULL
) WITH (fillfactor = 50);
--> statement-breakpoint
CREATE TABLE "tickets" (
	"digest" text COLLATE "C" PRIMARY KEY NOT NULL,
	"session_key" bigint NOT NULL,
	"origin" text COLLATE "C",
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "users" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "users_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text COLLATE "C" NOT NULL,
	"username" text COLLATE "C" NOT NULL,
	"username_key" text COLLATE "C" NOT NULL,
	"email" text COLLATE "C",
	"email_key" text COLLATE "C",
	"password_hash" text COLLATE "C" NOT NULL,
	"first_name" text COLLATE "C",
	"last_name" text COLLATE "C",
	"phone" text COLLATE "C",
	"role" text COLLATE "C" DEFAULT 'user' NOT NULL,
	"stream_key" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"suspended_at" bigint,
	"last_seen_at" bigint
);
--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_created_by_users_key_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_message_stream_key_streams_key_fk" FOREIGN KEY ("message_stream_key") REFERENCES "public"."streams"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_receipt_stream_key_streams_key_fk" FOREIGN KEY ("receipt_stream_key") REFERENCES "public"."streams"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_conversation_key_conversations_key_fk" FOREIGN KEY ("conversation_key") REFERENCES "public"."conversations"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_key_sessions_key_fk" FOREIGN KEY ("session_key") REFERENCES "public"."sessions"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_session_key_sessions_key_fk" FOREIGN KEY ("session_key") REFERENCES "public"."sessions"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_stream_key_streams_key_fk" FOREIGN KEY ("stream_key") REFERENCES "public"."streams"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "conversations_id_unique" ON "conversations" USING btree ("id");--> statement-breakpoint
CREATE UNIQUE INDEX "conversations_direct_key_unique" ON "conversations" USING btree ("direct_key");--> statement-breakpoint
CREATE UNIQUE INDEX "conversations_client_conversation_id_unique" ON "conversations" USING btree ("client_conversation_id","created_by") WHERE client_conversation_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "conversations_message_stream_key_unique" ON "conversations" USING btree ("message_stream_key");--> statement-breakpoint
CREATE UNIQUE INDEX "conversations_receipt_stream_key_unique" ON "conversations" USING btree ("receipt_stream_key");--> statement-breakpoint
CREATE UNIQUE INDEX "events_message_id_unique" ON "events" USING btree ("message_id","stream_key") WHERE message_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "events_client_message_id_unique" ON "events" USING btree ("client_message_id","stream_key","actor_key") WHERE client_message_id is not null;--> statement-breakpoint
CREATE INDEX "members_user_key_index" ON "members" USING btree ("user_key","state");--> statement-breakpoint
CREATE INDEX "refresh_tokens_session_key_index" ON "refresh_tokens" USING btree ("session_key");--> statement-breakpoint
CREATE UNIQUE INDEX "sessions_id_unique" ON "sessions" USING btree ("id");--> statement-breakpoint
CREATE INDEX "sessions_user_key_index" ON "sessions" USING btree ("user_key");--> statement-breakpoint
CREATE UNIQUE INDEX "sessions_device_unique" ON "sessions" USING btree ("user_key","device_id") WHERE device_id is not null and revoked_at is null and merged_into is null;--> statement-breakpoint
CREATE INDEX "spans_user_key_index" ON "spans" USING btree ("user_key","stream_key");--> statement-breakpoint
CREATE UNIQUE INDEX "streams_name_unique" ON "streams" USING btree ("name");--> statement-breakpoint
CREATE UNIQUE INDEX "users_id_unique" ON "users" USING btree ("id");--> statement-breakpoint
CREATE UNIQUE INDEX "users_username_key_unique" ON "users" USING btree ("username_key");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_key_unique" ON "users" USING btree ("email_key");

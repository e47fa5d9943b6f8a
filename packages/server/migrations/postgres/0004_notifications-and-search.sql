CREATE TABLE "addressees" (
	"user_key" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"notification_key" bigint NOT NULL,
	"read_at" bigint,
	CONSTRAINT "addressees_pk" PRIMARY KEY("user_key","seq")
);
--> statement-breakpoint
CREATE TABLE "notifications" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "notifications_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text COLLATE "C" NOT NULL,
	"sender_key" bigint NOT NULL,
	"client_notification_id" text COLLATE "C" NOT NULL,
	"payload_hash" bigint NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"title" text COLLATE "C" NOT NULL,
	"body" text COLLATE "C",
	"link" text COLLATE "C",
	"data" json,
	"created_at" bigint NOT NULL,
	"expires_at" bigint,
	"for_users_to" bigint NOT NULL,
	"given_to" bigint NOT NULL,
	"users" bigint NOT NULL,
	"finished_at" bigint
);
--> statement-breakpoint
CREATE TABLE "search_documents" (
	"key" bigint PRIMARY KEY NOT NULL,
	"stream_key" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"tokens" "tsvector" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "search_progress" (
	"stream_key" bigint PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "addressees" ADD CONSTRAINT "addressees_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "addressees" ADD CONSTRAINT "addressees_notification_key_notifications_key_fk" FOREIGN KEY ("notification_key") REFERENCES "public"."notifications"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_sender_key_users_key_fk" FOREIGN KEY ("sender_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "addressees_notification_key_unique" ON "addressees" USING btree ("notification_key","user_key");--> statement-breakpoint
CREATE UNIQUE INDEX "notifications_id_unique" ON "notifications" USING btree ("id");--> statement-breakpoint
CREATE UNIQUE INDEX "notifications_client_notification_id_unique" ON "notifications" USING btree ("client_notification_id","sender_key");--> statement-breakpoint
CREATE INDEX "notifications_unfinished_index" ON "notifications" USING btree ("key") WHERE finished_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "search_documents_place_unique" ON "search_documents" USING btree ("stream_key","seq");--> statement-breakpoint
CREATE INDEX "search_documents_tokens_index" ON "search_documents" USING gin ("tokens");

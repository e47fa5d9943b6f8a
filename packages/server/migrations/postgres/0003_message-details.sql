CREATE TABLE "hidden_messages" (
	"stream_key" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"user_key" bigint NOT NULL,
	CONSTRAINT "hidden_messages_pk" PRIMARY KEY("stream_key","seq","user_key")
);
--> statement-breakpoint
CREATE TABLE "message_versions" (
	"stream_key" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"written_at" bigint NOT NULL,
	"body" json NOT NULL,
	CONSTRAINT "message_versions_pk" PRIMARY KEY("stream_key","seq","written_at")
);
--> statement-breakpoint
CREATE TABLE "reactions" (
	"stream_key" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"reaction" text COLLATE "C" NOT NULL,
	"user_key" bigint NOT NULL,
	CONSTRAINT "reactions_pk" PRIMARY KEY("stream_key","seq","reaction","user_key")
);
--> statement-breakpoint
ALTER TABLE "hidden_messages" ADD CONSTRAINT "hidden_messages_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reactions" ADD CONSTRAINT "reactions_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;
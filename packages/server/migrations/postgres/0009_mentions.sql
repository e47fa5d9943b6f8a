CREATE TABLE "mentions" (
	"stream_key" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"user_key" bigint NOT NULL,
	CONSTRAINT "mentions_pk" PRIMARY KEY("stream_key","seq","user_key")
);
--> statement-breakpoint
ALTER TABLE "mentions" ADD CONSTRAINT "mentions_user_key_users_key_fk" FOREIGN KEY ("user_key") REFERENCES "public"."users"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "mentions_user_key_index" ON "mentions" USING btree ("user_key","stream_key","seq");--> statement-breakpoint
INSERT INTO "mentions" ("stream_key", "seq", "user_key")
SELECT e."stream_key", e."seq", u."key"
FROM "events" e CROSS JOIN json_array_elements_text(e."body" -> 'mentions') AS m(id) JOIN "users" u ON u."id" = m.id
WHERE e."type" = 20 AND left(e."body"::text, 8) = '{"body":' AND json_typeof(e."body" -> 'mentions') = 'array' AND u."key" <> e."actor_key" AND u."erased_at" IS NULL;

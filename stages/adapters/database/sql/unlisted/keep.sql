insert into unlisted_claims (comment_id, streamer, code, claim)
values ($1, $2, $3, $4)
on conflict (comment_id) do nothing

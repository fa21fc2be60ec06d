insert into outbox (record_id, stage, comment_id, seq, streamer, record)
values ($1, $2, $3, $4, $5, $6)
on conflict (record_id) do nothing

select id, record_id, stage, comment_id, seq, streamer, record, created_at
from outbox
where sent_at is null
order by id
limit $1
for update skip locked

-- A match under review with its comment, locked until the decision is committed.
select r.status, r.candidates, r.frames, m.id as comment_id, m.seq, m.streamer, m.platform, m.client, m.client_id,
       m.verified, m.sent_at, m.message, m.quantity, m.variant, m.code, m.retracted_at
from match_reviews as r join chat_messages as m on m.id = r.comment_id
where r.comment_id = $1
for update of r

-- Comments in the order in which they came, after rank $1 and before $2; those that ended only where $4. One for each
-- seq: should a clock that was set back have given one out twice, the second comment's turn comes with the next replay.
select distinct on (m.seq_rank)
       m.id, m.seq, m.streamer, m.client, m.client_id, m.platform, m.message, m.message_id, m.sent_at, m.frame_urls,
       m.source, m.verified, m.kind, m.seq_rank
from chat_messages as m
where m.seq_rank > $1 and m.seq_rank < $2 and ($3::text is null or m.streamer = $3)
  and ($4 or not exists (select from end_states as e where e.comment_id = m.id and e.seq = m.seq))
order by m.seq_rank, m.id
limit $5

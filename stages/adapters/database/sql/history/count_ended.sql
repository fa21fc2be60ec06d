-- How many comments after rank $1 and before $2 have come to their end.
select count(*)
from chat_messages as m
where m.seq_rank > $1 and m.seq_rank < $2 and ($3::text is null or m.streamer = $3)
  and exists (select from end_states as e where e.comment_id = m.id and e.seq = m.seq)

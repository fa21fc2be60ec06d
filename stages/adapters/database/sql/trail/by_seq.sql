-- The comments that came as this entry of comments_stream, stored or not.
select came.id, m.platform, m.streamer, m.kind, m.sent_at
from (
    select id from chat_messages
    where seq_rank = ((split_part($1::text, '-', 1)::bigint << 20) | split_part($1::text, '-', 2)::bigint)
    union
    select comment_id from end_states where seq = $1::text
) as came
left join chat_messages as m on m.id = came.id
order by came.id

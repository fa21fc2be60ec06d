select min(seq_rank) as first, max(seq_rank) as last
from chat_messages
where seq_rank > $1 and seq_rank < $2 and ($3::text is null or streamer = $3)

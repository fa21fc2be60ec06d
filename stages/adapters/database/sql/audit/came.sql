-- The next comments that came by the public door, from rank $1 (there after id $2) up to, but without, rank $3.
select id, seq, seq_rank, client = 'erased' and client_id is null and message = '(erased)' as is_erased
from chat_messages
where seq_rank >= $1 and (seq_rank > $1 or id > $2) and seq_rank < $3 and kind <> 'order'
order by seq_rank, id
limit $4

-- How many comments a streamer ($1) got since a time ($2), and how many of each intent.
select count(*) as comments,
       count(*) filter (where nlp_intent = 'buy') as buys
from chat_messages
where streamer = $1 and kind = 'comment' and sent_at >= $2
